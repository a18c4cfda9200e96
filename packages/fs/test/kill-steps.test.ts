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

interface Scenario {
  readonly name: string
  readonly kind: 'write' | 'delete'
  readonly options?: FileStoreOptions
  readonly before: (store: BlobStore) => Promise<unknown>
}

const filled = (fill: number): Uint8Array => new Uint8Array(BYTES).fill(fill)

const SCENARIOS: readonly Scenario[] = [
  { name: 'creating the first file of all', kind: 'write', before: async () => undefined },
  { name: 'creating another file', kind: 'write', before: (store) => store.write('shards/1', filled(9), null) },
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
async function readFill(store: BlobStore): Promise<{ fill: number | null; version: string | null }> {
  const blob = await store.read('shards/0')
  if (blob === null) return { fill: null, version: null }
  if (blob === 'unchanged') throw new Error('Nothing was asked to be unchanged.')
  expect(blob.data.length).toBe(BYTES)
  expect(new Set(blob.data).size).toBe(1)
  return { fill: blob.data[0] ?? -1, version: blob.version }
}

async function prepare(folder: string, { before, options }: Scenario): Promise<number | null> {
  await before(createFileStore(folder, options))
  return (await readFill(createFileStore(folder))).fill
}

async function run(folder: string, { kind, options }: Scenario, dieBefore: number): ReturnType<typeof finish> {
  const change = { kind, key: 'shards/0', bytes: BYTES, fill: NEW }
  return await finish(startChild('die-at-step.mjs', bundle, { folder, options, change, dieBefore }))
}

/** A process that comes after the one killed: sees the old or the new state, can write at once, and leaves no remains. */
async function goOn(
  folder: string,
  options: FileStoreOptions | undefined,
  allowed: readonly (number | null)[],
): Promise<void> {
  const store = createFileStore(folder, options)
  const { fill, version } = await readFill(store)
  expect(allowed).toContain(fill)
  const listed: ListedBlob[] = []
  for await (const blob of store.list('')) listed.push(blob)
  expect(listed.filter(({ key }) => key === 'shards/0')).toEqual(
    version === null ? [] : [{ key: 'shards/0', version, size: BYTES }],
  )
  await store.write('shards/0', filled(NEXT), version)
  expect((await readFill(store)).fill).toBe(NEXT)
  await createFileStore(folder, options).write('shards/another', filled(NEXT), null)
  expect(fs.readdirSync(join(folder, 'shards')).filter((name) => !name.endsWith('.blob'))).toEqual([])
  const files = fs.readdirSync(join(folder, 'shards', '0.blob'))
  const kept = files.filter((name) => name.endsWith('.old'))
  expect(files.length - kept.length).toBe(2)
  expect(kept.length).toBeLessThanOrEqual(options?.keep ?? 0)
}

describe('a process killed before each of its calls to the file system', () => {
  for (const [index, scenario] of SCENARIOS.entries()) {
    test(scenario.name, async () => {
      const place = (step: number): string => join(scratch.path, `${index}-${step}`)
      await prepare(place(0), scenario)
      const { lines } = await run(place(0), scenario, 0)
      const steps = lines.at(-1)?.split(' ').slice(1) ?? []
      expect(steps).toContain('renameSync')
      await inParallel(
        steps.map((_, step) => step + 1),
        2,
        async (step) => {
          const folder = place(step)
          const old = await prepare(folder, scenario)
          const changed = scenario.kind === 'delete' ? null : NEW
          const { lines: said, signal } = await run(folder, scenario, step)
          expect(signal).toBe('SIGKILL')
          expect(said).toEqual([])
          const committed = steps.indexOf('renameSync') < step - 1
          await goOn(folder, scenario.options, [committed ? changed : old])
        },
      )
    })
  }
})
