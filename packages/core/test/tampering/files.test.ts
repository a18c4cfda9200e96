import { type BlobStore, createMemoryStore, errorCode, type VaultDB, type VaultErrorCode } from '@vaultdb/core'
import { beforeAll, describe, expect, test } from 'vitest'
import { storeWith } from '../database/scenarios.ts'
import { createTestRuntime } from '../support/runtime.ts'
import { createVault, filesOf, filler, inspect, openVault } from '../support/vault.ts'
import { createEvilStore, type EvilStore, type Snapshot } from './evil-store.ts'

const DOCUMENTS = { '/a': 'first', '/d/x': { text: filler(700) }, '/d/y': { text: filler(500) } }

/** What a client may say of files that were not made for it. */
const VERDICTS: ReadonlySet<VaultErrorCode | undefined> = new Set(['ERR_CORRUPT', 'ERR_UNSUPPORTED', 'ERR_CREDENTIALS'])

let store: BlobStore
let files: Snapshot
let evil: EvilStore
/** For each shard file, a document that lies in it. */
const inside = new Map<string, string>()

beforeAll(async () => {
  store = await storeWith(DOCUMENTS)
  files = await filesOf(store)
  evil = createEvilStore(store)
  for (const { id, state } of (await inspect(store)).shards) {
    for (const [directory, items] of state.directories) {
      for (const { name, document } of items.values()) {
        if (document !== null) inside.set(`shards/${id}`, directory + name)
      }
    }
  }
  expect(files.size).toBe(3)
  expect(inside.size).toBe(2)
})

/** The code of the error that `work` ends with. An error if it does not. */
async function verdictOf(work: Promise<unknown>): Promise<VaultErrorCode | undefined> {
  const [outcome] = await Promise.allSettled([work])
  if (outcome.status === 'fulfilled') throw new Error(`Believed: ${JSON.stringify(outcome.value)}`)
  return errorCode(outcome.reason)
}

/** What a new client says of the store, if it reads everything. */
async function readAll(): Promise<unknown> {
  const db = await openVault(evil)
  return await db.entries('/').toArray()
}

/** Throws unless all of these variants of a file are recognised: by a client of long standing as by a new one. */
async function expectRecognised(key: string, variants: Iterable<Uint8Array>): Promise<Set<string | undefined>> {
  evil.relent()
  const runtime = createTestRuntime(5)
  const standing = await openVault(evil, { runtime })
  const path = inside.get(key)
  const verdicts = new Set<string | undefined>()
  for (const data of variants) {
    evil.show(key, data)
    const work = path === undefined ? openVault(evil, { runtime }) : standing.get(path)
    const verdict = await verdictOf(work.then((value) => (path === undefined ? 'opened' : value)))
    if (!VERDICTS.has(verdict)) throw new Error(`Unexpected verdict: ${verdict}`)
    verdicts.add(verdict)
  }
  evil.relent()
  expect(await standing.entries('/').toArray()).toHaveLength(3)
  return verdicts
}

function* flipped(data: Uint8Array): Generator<Uint8Array> {
  for (let index = 0; index < data.length; index++) {
    const copy = data.slice()
    copy[index] = (copy[index] as number) ^ (1 << (index % 8))
    yield copy
  }
}

function* flippedInEveryBit(data: Uint8Array): Generator<Uint8Array> {
  for (let bit = 0; bit < data.length * 8; bit++) {
    const copy = data.slice()
    copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit % 8))
    yield copy
  }
}

function* cut(data: Uint8Array): Generator<Uint8Array> {
  for (let length = 0; length < data.length; length += length < 700 || length > data.length - 40 ? 1 : 29) {
    yield data.slice(0, length)
  }
}

function* extended(data: Uint8Array): Generator<Uint8Array> {
  for (const extra of [[0], [10], [0x7d], new Array<number>(16).fill(0), [...data]])
    yield new Uint8Array([...data, ...extra])
  yield new Uint8Array([0, ...data])
}

const NAMES = ['vault', 'shards/0', 'the other shard'] as const
const keyOf = (name: (typeof NAMES)[number]): string =>
  name === 'the other shard' ? ([...files.keys()].find((key) => key !== 'vault' && key !== 'shards/0') as string) : name
const dataOf = (name: (typeof NAMES)[number]): Uint8Array => files.get(keyOf(name)) as Uint8Array

describe.each(NAMES)('%s', (name) => {
  test('every byte flipped', async () => {
    await expectRecognised(keyOf(name), flipped(dataOf(name)))
  })

  test('every bit of the clear header and the seal flipped', async () => {
    const data = dataOf(name)
    const end = data.indexOf(10) + 1 + 64
    const variants = [...flippedInEveryBit(data.slice(0, end))].map(
      (head) => new Uint8Array([...head, ...data.slice(end)]),
    )
    await expectRecognised(keyOf(name), variants)
  })

  test('truncated, emptied, extended', async () => {
    expect(await expectRecognised(keyOf(name), [...cut(dataOf(name)), ...extended(dataOf(name))])).toContain(
      'ERR_CORRUPT',
    )
  })

  test('replaced by each other file of the vault', async () => {
    const others = NAMES.filter((each) => each !== name).map(dataOf)
    await expectRecognised(keyOf(name), others)
  })

  test('replaced by that of another vault with the same key and the same documents', async () => {
    const foreign = createMemoryStore()
    const db = await createVault(foreign, { runtime: createTestRuntime(99) })
    for (const [path, value] of Object.entries(DOCUMENTS)) await db.put(path, value)
    await db.close()
    const theirs = await filesOf(foreign)
    const shards = [...theirs].filter(([key]) => key !== 'vault').map(([, data]) => data)
    if (name !== 'vault') {
      await expectRecognised(keyOf(name), shards)
      return
    }
    // The other vault's root file opens, as it would in its own place; but nothing of this vault is read with it.
    evil.show('vault', theirs.get('vault') as Uint8Array)
    expect(VERDICTS).toContain(await verdictOf(readAll()))
    evil.relent()
  })

  test('missing', async () => {
    evil.show(keyOf(name), null)
    const expected = name === 'vault' ? 'ERR_MISSING' : 'ERR_CORRUPT'
    expect(await verdictOf(readAll())).toBe(expected)
    evil.relent()
  })
})

/** Everything that a client can be asked to do with a document or its directory. */
const ACTS: readonly (readonly [string, (db: VaultDB, path: string) => Promise<unknown>])[] = [
  ['get', (db, path) => db.get(path)],
  ['list', (db) => db.list('/d/')],
  ['find', (db) => db.find('/').toArray()],
  ['entries', (db) => db.entries('/').toArray()],
  ['put', (db, path) => db.put(path, 1)],
  ['update', (db, path) => db.update(path, () => 1)],
  ['remove', (db, path) => db.remove(path)],
  ['prune', (db) => db.prune('/')],
  ['write', (db, path) => db.write([{ put: path, value: 1 }])],
  ['preload', (db) => db.task((task) => task.preload())],
]

describe.each<readonly [string, (key: string) => void]>([
  ['damaged', (key) => evil.show(key, (files.get(key) as Uint8Array).slice(0, -1))],
  ['missing', (key) => evil.show(key, null)],
  ['empty', (key) => evil.show(key, new Uint8Array(0))],
])('with a shard %s', (_how, damage) => {
  test.each(ACTS)('%s fails, and nothing is written', async (_name, act) => {
    const db = await openVault(evil)
    const key = keyOf('the other shard')
    const path = inside.get(key) as string
    damage(key)
    const [outcome] = await Promise.allSettled([act(db, path)])
    evil.relent()
    expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'ERR_CORRUPT' } })
    expect(evil.writes).toBe(0)
    expect(await filesOf(store)).toEqual(files)
    expect(await db.get(path)).not.toBeNull() // the same client recovers with its store
  })
})

test('a file torn by a write under way is read again where the store does not promise whole reads', async () => {
  const torn = { ...evil, capabilities: { ...evil.capabilities, atomicReads: false } }
  for (const key of files.keys()) {
    let left = 3
    const flaky = {
      ...torn,
      async read(...request: Parameters<BlobStore['read']>) {
        if (request[0] !== key || left-- <= 0) return await store.read(...request)
        return left === 1 ? null : { data: (files.get(key) as Uint8Array).slice(0, 300), version: `torn ${left}` }
      },
    }
    const db = await openVault(flaky)
    expect(await db.entries('/').toArray()).toHaveLength(3)
  }
})
