import type { BlobStore } from '../../store/contract.ts'
import { type ConformanceCase, conformanceCase } from './case.ts'
import { expect, expectAbsent, expectContent, expectTypeError, pattern, readBlob } from './expect.ts'

const MEBIBYTE = 1024 * 1024

async function createAndReadBack(store: BlobStore, key: string, data: Uint8Array): Promise<void> {
  const version = await store.write(key, data, null)
  await expectContent(store, key, data, version)
}

const LONGEST_KEY = `shards/${'x'.repeat(93)}`
const GOOD_KEYS = ['vault', 'shards/0', 'shards/_-9aZ', 'a', '-', '_', 'shards/deeper/key', LONGEST_KEY]
const BAD_KEYS = [
  '',
  '/',
  '/vault',
  'vault/',
  'shards//0',
  '.',
  '..',
  '../vault',
  'shards/../vault',
  'vault.json',
  'a b',
  'a\\b',
  'a%2Fb',
  'a\0b',
  'a\n',
  'é',
  `${LONGEST_KEY}x`,
]

/** What is written is what is read: bytes, keys, memory. */
export const contentCases: readonly ConformanceCase[] = [
  conformanceCase('an absent file is read as null', [], async ({ store }) => {
    await expectAbsent(store, 'vault')
    await expectAbsent(store, 'shards/0')
    expect(
      (await store.read('vault', { unlessVersion: '1' })) === null,
      'Reading an absent file with `unlessVersion` is not null.',
    )
  }),

  conformanceCase('an empty file is read back, and is not absent', [], async ({ store }) => {
    await createAndReadBack(store, 'vault', new Uint8Array(0))
  }),

  conformanceCase('a file of one byte is read back', [], async ({ store }) => {
    await createAndReadBack(store, 'shards/0', Uint8Array.of(0))
    await createAndReadBack(store, 'shards/1', Uint8Array.of(255))
  }),

  conformanceCase('every byte value is read back', [], async ({ store }) => {
    const all = Uint8Array.from({ length: 256 }, (_, byte) => byte)
    await createAndReadBack(store, 'shards/up', all)
    await createAndReadBack(store, 'shards/down', all.toReversed())
  }),

  conformanceCase('a file of 1 MiB is read back', [], async ({ store }) => {
    const length = Math.min(MEBIBYTE, store.capabilities.maxBlobBytes ?? MEBIBYTE)
    await createAndReadBack(store, 'shards/0', pattern(1, length))
  }),

  conformanceCase('a file may shrink and grow', [], async ({ store }) => {
    let version = await store.write('shards/0', pattern(1, 5000), null)
    for (const length of [10, 0, 20_000, 1]) {
      version = await store.write('shards/0', pattern(length, length), version)
      await expectContent(store, 'shards/0', pattern(length, length), version)
    }
  }),

  conformanceCase('a view into a larger buffer is stored as what the view shows', [], async ({ store }) => {
    const view = pattern(1, 300).subarray(100, 200)
    await createAndReadBack(store, 'shards/0', view)
  }),

  conformanceCase('changing the input after a write changes no file', [], async ({ store }) => {
    const data = pattern(1, 100)
    const version = await store.write('shards/0', data, null)
    data.fill(0)
    await expectContent(store, 'shards/0', pattern(1, 100), version)
  }),

  conformanceCase('changing what was read changes no file', [], async ({ store }) => {
    const version = await store.write('shards/0', pattern(1, 100), null)
    const first = await readBlob(store, 'shards/0')
    first.data.fill(0)
    await expectContent(store, 'shards/0', pattern(1, 100), version)
  }),

  conformanceCase('every key of the contract names a file of its own', [], async ({ store }) => {
    for (const [index, key] of GOOD_KEYS.entries()) await store.write(key, pattern(index, 50), null)
    for (const [index, key] of GOOD_KEYS.entries()) await expectContent(store, key, pattern(index, 50))
  }),

  conformanceCase('names that differ in case only are different files', [], async ({ store }) => {
    const keys = ['shards/aB', 'shards/Ab', 'shards/ab', 'shards/AB']
    for (const [index, key] of keys.entries()) await store.write(key, pattern(index, 50), null)
    for (const [index, key] of keys.entries()) await expectContent(store, key, pattern(index, 50))
  }),

  conformanceCase('other keys are a TypeError', [], async ({ store }) => {
    for (const key of BAD_KEYS) {
      const shown = JSON.stringify(key)
      await expectTypeError(`Reading ${shown}`, () => store.read(key))
      await expectTypeError(`Writing ${shown}`, () => store.write(key, pattern(1, 10), null))
      await expectTypeError(`Deleting ${shown}`, () => store.delete(key, '1'))
    }
  }),

  conformanceCase('200 files keep their contents apart', [], async ({ store }) => {
    const keys = Array.from({ length: 200 }, (_, index) => `shards/${index}`)
    for (let begin = 0; begin < keys.length; begin += 20) {
      const some = keys.slice(begin, begin + 20)
      await Promise.all(some.map((key, index) => store.write(key, pattern(begin + index, 64), null)))
    }
    for (let begin = 0; begin < keys.length; begin += 20) {
      const some = keys.slice(begin, begin + 20)
      await Promise.all(some.map((key, index) => expectContent(store, key, pattern(begin + index, 64))))
    }
  }),
]
