import { errorCode, type VaultErrorCode } from '../../errors.ts'
import type { BlobStore, ListedBlob, StoredBlob } from '../../store/contract.ts'

/** Throws an error with `message` unless `condition` holds. */
export function expect(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message)
}

function described(outcome: PromiseSettledResult<unknown>): string {
  if (outcome.status === 'fulfilled') return 'it succeeded'
  return `it failed with ${errorCode(outcome.reason) ?? String(outcome.reason)}`
}

/** How the request ended, thrown errors included. */
export async function settle<T>(request: () => Promise<T>): Promise<PromiseSettledResult<T>> {
  const [outcome] = await Promise.allSettled([(async () => request())()])
  return outcome
}

/** Expects the request to reject with this code. */
export async function expectCode(code: VaultErrorCode, what: string, request: () => Promise<unknown>): Promise<void> {
  const outcome = await settle(request)
  const rejected = outcome.status === 'rejected' && errorCode(outcome.reason) === code
  expect(rejected, `${what}: expected ${code}, but ${described(outcome)}.`)
}

/** Expects the request to reject with a `TypeError`, of any realm. */
export async function expectTypeError(what: string, request: () => Promise<unknown>): Promise<void> {
  const outcome = await settle(request)
  const rejected =
    outcome.status === 'rejected' && outcome.reason instanceof Error && outcome.reason.name === 'TypeError'
  expect(rejected, `${what}: expected a TypeError, but ${described(outcome)}.`)
}

/** Whether two byte strings are equal. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}

function expectBytes(actual: Uint8Array, expected: Uint8Array, what: string): void {
  expect(actual.length === expected.length, `${what}: expected ${expected.length} bytes, got ${actual.length}.`)
  const at = actual.findIndex((byte, index) => byte !== expected[index])
  expect(at === -1, `${what}: byte ${at} is ${actual[at]} and not ${expected[at]}.`)
}

/** The file, which must be there. */
export async function readBlob(store: BlobStore, key: string): Promise<StoredBlob> {
  const blob = await store.read(key)
  expect(blob !== null, `File ${key} exists, but reading it answers null.`)
  expect(blob !== 'unchanged', `Reading ${key} without \`unlessVersion\` answers 'unchanged'.`)
  expect(blob.data instanceof Uint8Array, `The content read of ${key} is no Uint8Array.`)
  expect(typeof blob.version === 'string' && blob.version !== '', `The version read of ${key} is no text, or empty.`)
  return blob
}

/** Expects the file to have this content, and this version if one is given. */
export async function expectContent(store: BlobStore, key: string, data: Uint8Array, version?: string): Promise<void> {
  const blob = await readBlob(store, key)
  expectBytes(blob.data, data, `The content of ${key}`)
  expect(
    version === undefined || blob.version === version,
    `Reading ${key} gives version ${blob.version}, but its last write gave ${version}.`,
  )
}

/** Expects the store to state that the file is absent. */
export async function expectAbsent(store: BlobStore, key: string): Promise<void> {
  const blob = await store.read(key)
  expect(
    blob === null,
    `File ${key} should be absent, but reading it answers ${blob === 'unchanged' ? blob : 'a content'}.`,
  )
}

/** The whole listing, in which no file may stand twice or lack the prefix. */
export async function listed(store: BlobStore, prefix: string): Promise<Map<string, ListedBlob>> {
  const found = new Map<string, ListedBlob>()
  for await (const blob of store.list(prefix)) {
    expect(blob.key.startsWith(prefix), `The listing of ${JSON.stringify(prefix)} names ${blob.key}.`)
    expect(!found.has(blob.key), `The listing of ${JSON.stringify(prefix)} names ${blob.key} twice.`)
    found.set(blob.key, blob)
  }
  return found
}

/** `length` bytes that look random and differ for each `seed` (a linear congruential generator: Numerical Recipes, section 7.1). */
export function pattern(seed: number, length: number): Uint8Array {
  const data = new Uint8Array(length)
  let state = (seed * 2_654_435_761) >>> 0
  for (let index = 0; index < length; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    data[index] = state >>> 24
  }
  return data
}
