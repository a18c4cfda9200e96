import type { BlobStore } from '../../store/contract.ts'
import { type ConformanceCase, conformanceCase } from './case.ts'
import { expect, expectTypeError, listed, pattern, readBlob } from './expect.ts'

const KEYS = ['vault', 'shards/0', 'shards/ab', 'shards/abc', 'shards/b', 'shards/AB', 'other/0']

async function writeAll(store: BlobStore): Promise<void> {
  for (const [index, key] of KEYS.entries()) await store.write(key, pattern(index, index * 10), null)
}

function expectKeys(found: ReadonlyMap<string, unknown>, expected: readonly string[], prefix: string): void {
  const shown = (keys: readonly string[]): string => `${keys.length} (${keys.slice(0, 5).join(', ')})`
  const missing = expected.filter((key) => !found.has(key))
  const extra = [...found.keys()].filter((key) => !expected.includes(key))
  expect(missing.length === 0, `The listing of ${JSON.stringify(prefix)} leaves out files: ${shown(missing)}.`)
  expect(extra.length === 0, `The listing of ${JSON.stringify(prefix)} names files that do not exist: ${shown(extra)}.`)
}

/** What `list` may and must name. */
export const listingCases: readonly ConformanceCase[] = [
  conformanceCase('a listing names only keys with the prefix, each once', [], async ({ store }) => {
    await writeAll(store)
    for (const prefix of ['', 'shards/', 'shards/a', 'nothing/']) await listed(store, prefix)
  }),

  conformanceCase('a listing names exactly the files there are', ['trustworthyListings'], async ({ store }) => {
    expectKeys(await listed(store, ''), [], '')
    await writeAll(store)
    for (const prefix of [
      '',
      'shards/',
      'shards/a',
      'shards/ab',
      'shards/abc',
      'v',
      'vault',
      'shards',
      'x',
      'vault/',
    ]) {
      expectKeys(
        await listed(store, prefix),
        KEYS.filter((key) => key.startsWith(prefix)),
        prefix,
      )
    }
    const { version } = await readBlob(store, 'shards/ab')
    await store.delete('shards/ab', version)
    expectKeys(await listed(store, 'shards/a'), ['shards/abc'], 'shards/a')
  }),

  conformanceCase(
    'a listing gives current versions and sizes, where it gives any',
    ['trustworthyListings'],
    async ({ store }) => {
      await writeAll(store)
      const { version } = await readBlob(store, 'vault')
      await store.write('vault', pattern(99, 99), version)
      for (const { key, version: listedVersion, size } of (await listed(store, '')).values()) {
        const blob = await readBlob(store, key)
        expect(
          listedVersion === undefined || listedVersion === blob.version,
          `The listing gives ${key} version ${listedVersion}, but reading it gives ${blob.version}.`,
        )
        expect(
          size === undefined || size === blob.data.length,
          `The listing gives ${key} ${size} bytes; it has ${blob.data.length}.`,
        )
      }
    },
  ),

  conformanceCase('a listing names 200 files', ['trustworthyListings'], async ({ store }) => {
    const keys = Array.from({ length: 200 }, (_, index) => `shards/${index}`)
    for (let begin = 0; begin < keys.length; begin += 20) {
      await Promise.all(keys.slice(begin, begin + 20).map((key) => store.write(key, pattern(1, 10), null)))
    }
    expectKeys(await listed(store, 'shards/'), keys, 'shards/')
  }),

  conformanceCase('a listing may be left before its end', [], async ({ store }) => {
    await writeAll(store)
    for await (const { key } of store.list('')) {
      expect(key !== '', 'The listing names an empty key.')
      break
    }
    await readBlob(store, 'vault')
  }),

  conformanceCase('a prefix that no key begins with is a TypeError', [], async ({ store }) => {
    for (const prefix of ['/', '..', '../', 'shards/../', 'shards//', 'a b', 'a.b', 'x'.repeat(101)]) {
      await expectTypeError(`Listing ${JSON.stringify(prefix)}`, () => listed(store, prefix))
    }
  }),
]
