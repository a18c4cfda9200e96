import fs from 'node:fs'
import { join } from 'node:path'
import { createFileStore } from '@vaultdb/fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundleStore, finish, inParallel, scratchFolder, startChild } from './store-for-children.ts'

const scratch = scratchFolder()
let bundle = ''
beforeAll(async () => {
  bundle = await bundleStore(scratch.path)
})
afterAll(scratch.dispose)

const ROUNDS = 200
const FOLDERS = 4
const BYTES = 24_000
/** Starting 200 processes takes 10 seconds where nothing else runs, and much longer elsewhere. */
const TIMEOUT_MS = 300_000

/** Reads the number that fills the file; 0 if there is no file. */
async function readNumber(folder: string): Promise<number> {
  const blob = await createFileStore(folder).read('shards/0')
  if (blob === null) return 0
  if (blob === 'unchanged') throw new Error('Nothing was asked to be unchanged.')
  expect(blob.data.length).toBe(BYTES)
  const numbers = new Set(new Uint32Array(blob.data.buffer))
  expect(numbers.size).toBe(1)
  return [...numbers][0] ?? 0
}

/** Lets a writer run until it has had `acknowledgements` writes acknowledged, then kills it, wherever it is by then. */
async function killWriter(folder: string, first: number, acknowledgements: number): Promise<readonly string[]> {
  const child = startChild('write-on.mjs', bundle, { folder, first, bytes: BYTES })
  let seen = 0
  const { lines, signal } = await finish(child, () => {
    seen += 1
    if (seen === acknowledgements) child.kill('SIGKILL')
  })
  expect(signal).toBe('SIGKILL')
  return lines
}

test(
  `${ROUNDS} writers killed in the middle leave every acknowledged write, whole, and nothing in the way`,
  async () => {
    const folders = Array.from({ length: FOLDERS }, (_, index) => join(scratch.path, `killed-${index}`))
    await inParallel(folders, 2, async (folder) => {
      let number = 1
      for (let round = 0; round < ROUNDS / FOLDERS; round++) {
        const lines = await killWriter(folder, number, 1 + (round % 6))
        const last = lines.at(-1) ?? ''
        const found = await readNumber(folder)
        const [word, at] = last.split(' ')
        if (word === 'deleting') expect([0, Number(at) - 1, Number(at)]).toContain(found)
        else if (word === 'deleted') expect([0, Number(at)]).toContain(found)
        // The next one may have landed, or a deletion if the next is one that begins so; a deletion says so first.
        else expect([Number(word), Number(word) + 1]).toContain(found)
        const store = createFileStore(folder)
        const current = await store.read('shards/0')
        const version = current === null || current === 'unchanged' ? null : current.version
        number = Math.max(found, Number.parseInt(word === 'deleting' || word === 'deleted' ? (at ?? '') : last, 10)) + 1
        await store.write('shards/0', new Uint8Array(new Uint32Array(BYTES / 4).fill(number).buffer), version)
        expect(await readNumber(folder)).toBe(number)
        expect(fs.readdirSync(join(folder, 'shards', '0.blob'))).toHaveLength(2)
        number += 1
      }
    })
  },
  TIMEOUT_MS,
)
