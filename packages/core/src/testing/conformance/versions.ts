import { type ConformanceCase, conformanceCase } from './case.ts'
import { expect, expectAbsent, expectCode, expectContent, pattern } from './expect.ts'

/** Compare-and-swap by one client after another. */
export const versionCases: readonly ConformanceCase[] = [
  conformanceCase('creating a file that exists is a conflict and changes nothing', [], async ({ store }) => {
    const version = await store.write('vault', pattern(1, 50), null)
    await expectCode('ERR_CONFLICT', 'Creating an existing file', () => store.write('vault', pattern(2, 50), null))
    await expectCode('ERR_CONFLICT', 'Creating it with equal content', () => store.write('vault', pattern(1, 50), null))
    await expectContent(store, 'vault', pattern(1, 50), version)
  }),

  conformanceCase('a write with the current version replaces the file', [], async ({ store }) => {
    const first = await store.write('vault', pattern(1, 50), null)
    const second = await store.write('vault', pattern(2, 60), first)
    await expectContent(store, 'vault', pattern(2, 60), second)
    const third = await store.write('vault', pattern(3, 40), second)
    await expectContent(store, 'vault', pattern(3, 40), third)
  }),

  conformanceCase('a write with an older version is a conflict and changes nothing', [], async ({ store }) => {
    const first = await store.write('vault', pattern(1, 50), null)
    const second = await store.write('vault', pattern(2, 50), first)
    await expectCode('ERR_CONFLICT', 'Writing with an older version', () => store.write('vault', pattern(3, 50), first))
    await expectContent(store, 'vault', pattern(2, 50), second)
  }),

  conformanceCase('a write with a version of another file, or of none, is a conflict', [], async ({ store }) => {
    let foreign = await store.write('shards/other', pattern(1, 50), null)
    const version = await store.write('vault', pattern(2, 50), null)
    // Versions need only be distinct for one file: a store that counts them may give two files the same.
    while (foreign === version) foreign = await store.write('shards/other', pattern(1, 50), foreign)
    for (const wrong of [foreign, 'no-such-version', '']) {
      const shown = JSON.stringify(wrong)
      await expectCode('ERR_CONFLICT', `Writing with version ${shown}`, () =>
        store.write('vault', pattern(3, 50), wrong),
      )
    }
    await expectContent(store, 'vault', pattern(2, 50), version)
  }),

  conformanceCase('an update of an absent file is a conflict and creates nothing', [], async ({ store }) => {
    const version = await store.write('shards/other', pattern(1, 50), null)
    await expectCode('ERR_CONFLICT', 'Updating an absent file', () => store.write('vault', pattern(1, 50), version))
    await expectAbsent(store, 'vault')
  }),

  conformanceCase('every write makes a new version, also with equal content', ['uniqueVersions'], async ({ store }) => {
    const seen = new Set<string>()
    let version: string | null = null
    for (let write = 1; write <= 20; write++) {
      version = await store.write('vault', pattern(1, 50), version)
      expect(!seen.has(version), `Write number ${write} of equal content gives version ${version} once more.`)
      seen.add(version)
    }
  }),

  conformanceCase(
    'versions do not repeat after a file was deleted and created again',
    ['uniqueVersions'],
    async ({ store }) => {
      const seen = new Set<string>()
      for (let life = 1; life <= 10; life++) {
        let version: string | null = null
        for (let write = 1; write <= 2; write++) {
          version = await store.write('vault', pattern(1, 50), version)
          expect(!seen.has(version), `In life ${life} of the file, write ${write} gives version ${version} once more.`)
          seen.add(version)
        }
        if (version !== null) await store.delete('vault', version)
      }
    },
  ),

  conformanceCase('a version from before a deletion is a conflict after it', [], async ({ store }) => {
    const old = await store.write('vault', pattern(1, 50), null)
    await store.delete('vault', old)
    await expectCode('ERR_CONFLICT', 'Updating a deleted file', () => store.write('vault', pattern(2, 50), old))
    const created = await store.write('vault', pattern(3, 50), null)
    await expectCode('ERR_CONFLICT', 'Updating the next file of that name', () =>
      store.write('vault', pattern(2, 50), old),
    )
    await expectContent(store, 'vault', pattern(3, 50), created)
  }),

  conformanceCase("`unlessVersion` answers 'unchanged' for the current version only", [], async ({ store }) => {
    const first = await store.write('vault', pattern(1, 50), null)
    const same = await store.read('vault', { unlessVersion: first })
    expect(same === 'unchanged', "Reading unless the current version does not answer 'unchanged'.")
    const second = await store.write('vault', pattern(2, 50), first)
    for (const unlessVersion of [first, 'no-such-version']) {
      const blob = await store.read('vault', { unlessVersion })
      expect(
        blob !== null && blob !== 'unchanged',
        `Reading unless version ${unlessVersion} does not answer the changed file.`,
      )
      expect(
        blob.version === second,
        `Reading unless version ${unlessVersion} gives version ${blob.version}, not ${second}.`,
      )
      expect(
        blob.data.length === 50,
        `Reading unless version ${unlessVersion} gives ${blob.data.length} bytes, not 50.`,
      )
    }
  }),

  conformanceCase('a deleted file is absent', [], async ({ store }) => {
    const version = await store.write('shards/0', pattern(1, 50), null)
    await store.write('shards/1', pattern(2, 50), null)
    await store.delete('shards/0', version)
    await expectAbsent(store, 'shards/0')
    await expectContent(store, 'shards/1', pattern(2, 50))
  }),

  conformanceCase(
    'a deletion with another version is a conflict and deletes nothing',
    ['conditionalDelete'],
    async ({ store }) => {
      const first = await store.write('vault', pattern(1, 50), null)
      const second = await store.write('vault', pattern(2, 50), first)
      await expectCode('ERR_CONFLICT', 'Deleting with an older version', () => store.delete('vault', first))
      await expectCode('ERR_CONFLICT', 'Deleting with no version of the file', () =>
        store.delete('vault', 'no-such-version'),
      )
      await expectContent(store, 'vault', pattern(2, 50), second)
    },
  ),

  conformanceCase('a deletion of an absent file is a conflict', ['conditionalDelete'], async ({ store }) => {
    await expectCode('ERR_CONFLICT', 'Deleting an absent file', () => store.delete('vault', '1'))
    const version = await store.write('vault', pattern(1, 50), null)
    await store.delete('vault', version)
    await expectCode('ERR_CONFLICT', 'Deleting a file again', () => store.delete('vault', version))
  }),
]
