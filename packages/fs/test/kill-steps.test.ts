import fs from 'node:fs'
import { join } from 'node:path'
import type { BlobStore, ListedBlob } from '@vaultdb/core'
import { createFileStore, type FileStoreOptions } from '@vaultdb/fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bundleStore, finish, inParallel, scratchFolder, startChild } from './store-for-children.ts'

const scratch = scratchFolder()
let bundle = ''
beforeAll(async () => {
  bundle = await bundleStore(scratch.path)
})
afterAll(scratch.dispose)

const BYTES = 5000
const OLD = 1
const NEW = 2
const NEXT = 3
const KEY = 'shards/0'

interface Scenario {
  readonly name: string
  readonly kind: 'write' | 'delete'
  readonly keys?: readonly string[]
  readonly options?: FileStoreOptions
  readonly before: (store: BlobStore) => Promise<unknown>
}

const filled = (fill: number): Uint8Array => new Uint8Array(BYTES).fill(fill)

const SCENARIOS: readonly Scenario[] = [
  { name: 'creating the first file of all', kind: 'write', before: async () => undefined },
  { name: 'creating another file', kind: 'write', before: (store) => store.write('shards/1', filled(9), null) },
  {
    name: 'creating two files at once',
    kind: 'write',
    keys: ['shards/0', 'shards/2'],
    before: (store) => store.write('shards/1', filled(9), null),
  },
  { name: 'replacing a file', kind: 'write', before: (store) => store.write('shards/0', filled(OLD), null) },
  {
    name: 'replacing a file and keeping older versions',
    kind: 'write',
    options: { keep: 1 },
    before: async (store) => {
      const first = await store.write('shards/0', filled(9), null)
      await store.write('shards/0', filled(OLD), await store.write('shards/0', filled(8), first))
    },
  },
  { name: 'deleting a file', kind: 'delete', before: (store) => store.write('shards/0', filled(OLD), null) },
  {
    name: 'creating a deleted file again',
    kind: 'write',
    before: async (store) => store.delete('shards/0', await store.write('shards/0', filled(9), null)),
  },
]

/** The byte that fills the file, `null` for no file; fails on anything but a whole content. */
async function readFill(store: BlobStore, key: string): Promise<{ fill: number | null; version: string | null }> {
  const blob = await store.read(key)
  if (blob === null) return { fill: null, version: null }
  if (blob === 'unchanged') throw new Error('Nothing was asked to be unchanged.')
  expect(blob.data.length).toBe(BYTES)
  expect(new Set(blob.data).size).toBe(1)
  return { fill: blob.data[0] ?? -1, version: blob.version }
}

async function prepare(folder: string, { before, options }: Scenario): Promise<number | null> {
  await before(createFileStore(folder, { ...options, durable: false }))
  return (await readFill(createFileStore(folder), KEY)).fill
}

async function run(
  folder: string,
  { kind, keys = [KEY], options }: Scenario,
  dieBefore: number,
): ReturnType<typeof finish> {
  const change = { kind, keys, bytes: BYTES, fill: NEW }
  return await finish(startChild('die-at-step.mjs', bundle, { folder, options, change, dieBefore }))
}

/** A process that comes after the one killed: sees one of the states allowed, and can write at once. */
async function goOn(
  folder: string,
  key: string,
  options: FileStoreOptions | undefined,
  allowed: readonly (number | null)[],
): Promise<void> {
  const store = createFileStore(folder, options)
  const { fill, version } = await readFill(store, key)
  expect(allowed).toContain(fill)
  const listed: ListedBlob[] = []
  for await (const blob of store.list('')) listed.push(blob)
  expect(listed.filter((blob) => blob.key === key)).toEqual(version === null ? [] : [{ key, version, size: BYTES }])
  await store.write(key, filled(NEXT), version)
  expect((await readFill(store, key)).fill).toBe(NEXT)
}

/** After the next writes, also one of a new file, nothing of a killed process is left. */
async function expectNoRemains(folder: string, options: FileStoreOptions | undefined): Promise<void> {
  await createFileStore(folder, options).write('shards/another', filled(NEXT), null)
  const folders = fs.readdirSync(join(folder, 'shards'))
  expect(folders.filter((name) => !name.endsWith('.blob'))).toEqual([])
  for (const name of folders) {
    const files = fs.readdirSync(join(folder, 'shards', name))
    const kept = files.filter((file) => file.endsWith('.old'))
    expect(files.length - kept.length).toBe(2)
    expect(kept.length).toBeLessThanOrEqual(options?.keep ?? 0)
  }
}

describe('a process killed before each of its calls that change the disk', () => {
  for (const [index, scenario] of SCENARIOS.entries()) {
    const { kind, keys = [KEY], options } = scenario
    test(scenario.name, async () => {
      const place = (step: number): string => join(scratch.path, `${index}-${step}`)
      await prepare(place(0), scenario)
      const { lines } = await run(place(0), scenario, 0)
      const steps = lines.at(-1)?.split(' ').slice(1) ?? []
      expect(steps.filter((step) => step === 'renameSync').length).toBeGreaterThanOrEqual(keys.length)
      await inParallel(
        steps.map((_, step) => step + 1),
        2,
        async (step) => {
          const folder = place(step)
          const old = await prepare(folder, scenario)
          const changed = kind === 'delete' ? null : NEW
          const { lines: said, signal } = await run(folder, scenario, step)
          expect(signal).toBe('SIGKILL')
          const committed = steps.indexOf('renameSync') < step - 1
          for (const key of keys) {
            const acknowledged = said.includes(`acknowledged ${key}`)
            // Of two at once either may be the first, from one run to the next.
            const either = keys.length > 1 && !acknowledged
            await goOn(folder, key, options, either ? [old, changed] : [acknowledged || committed ? changed : old])
          }
          await expectNoRemains(folder, options)
          if (keys.length === 1) expect(said).toEqual([])
        },
      )
    })
  }
})
