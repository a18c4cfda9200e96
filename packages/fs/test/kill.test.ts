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

const PROCESSES = 50
/** Each process writes in so many folders at once, so that many writers die with it, each wherever it is by then. */
const WRITERS = 4
const GROUPS = 2
const BYTES = 24_000
/** Far more than the seconds that it takes where nothing else runs. */
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

/** Lets a process write until it has printed so many lines, then kills it. Resolves to the lines of each writer. */
async function killWriters(
  folders: readonly string[],
  firsts: readonly number[],
  lineCount: number,
): Promise<string[][]> {
  const child = startChild('write-on.mjs', bundle, { folders, firsts, bytes: BYTES })
  let seen = 0
  const { lines, signal } = await finish(child, () => {
    seen += 1
    if (seen === lineCount) child.kill('SIGKILL')
  })
  expect(signal).toBe('SIGKILL')
  return folders.map((_, index) =>
    lines.flatMap((line) => (line.startsWith(`${index} `) ? [line.slice(`${index} `.length)] : [])),
  )
}

/** Looks at what a killed writer left, and writes at once. Resolves to the number that comes next. */
async function goOn(folder: string, first: number, lines: readonly string[]): Promise<number> {
  // A writer that said nothing went on from what the round before had left.
  const [word = '', at = ''] = (lines.at(-1) ?? `${first - 1} left`).split(' ')
  const deletes = word === 'deleting' || word === 'deleted'
  const last = Number(deletes ? at : word)
  const found = await readNumber(folder)
  if (word === 'deleting') expect([0, last - 1, last]).toContain(found)
  else if (word === 'deleted') expect([0, last]).toContain(found)
  // The next one may have landed, or a deletion if the next is one that begins so; a deletion says so first.
  else expect([last, last + 1]).toContain(found)
  const store = createFileStore(folder)
  const current = await store.read('shards/0')
  const version = current === null || current === 'unchanged' ? null : current.version
  const number = Math.max(found, last) + 1
  await store.write('shards/0', new Uint8Array(new Uint32Array(BYTES / 4).fill(number).buffer), version)
  expect(await readNumber(folder)).toBe(number)
  expect(fs.readdirSync(join(folder, 'shards', '0.blob'))).toHaveLength(2)
  return number + 1
}

test(
  `${PROCESSES * WRITERS} writers killed in the middle leave every acknowledged write, whole, and nothing in the way`,
  async () => {
    const groups = Array.from({ length: GROUPS }, (_, group) =>
      Array.from({ length: WRITERS }, (_, writer) => join(scratch.path, `killed-${group}-${writer}`)),
    )
    await inParallel(groups, 2, async (folders) => {
      let numbers = folders.map(() => 1)
      for (let round = 0; round < PROCESSES / GROUPS; round++) {
        const lines = await killWriters(folders, numbers, 1 + round)
        numbers = await Promise.all(
          folders.map((folder, index) => goOn(folder, numbers[index] ?? 0, lines[index] ?? [])),
        )
      }
    })
  },
  TIMEOUT_MS,
)
