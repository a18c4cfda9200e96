import { describe, expect, test } from 'vitest'
import { FIRST_KEY } from '../../src/crypto/router.ts'
import type { StoredDocument } from '../../src/format/document.ts'
import { findDocuments, getAtOnce, getDocument, listDirectory, type ReadContext } from '../../src/operations/reads.ts'
import { READ_WHOLE_UP_TO } from '../../src/operations/subtree.ts'
import { parseDocumentPath } from '../../src/path/path.ts'
import type { Freshness } from '../../src/shards/cache.ts'
import type { ShardManager } from '../../src/shards/manager.ts'
import { LENIENT, router, STRICT, settingOf } from './planning.ts'

const ITEMS = { '/a': 1, '/d/': null, '/d/e/': null, '/d/x': 2, '/d/e/y': 3, '/d/e/z': 4, '/f/': null, '/f/x': 5 }

type Cover = Parameters<ShardManager['cover']>

/** A manager that has everything at hand, and keeps what it is asked for. */
function reading(items: Readonly<Record<string, unknown>>, options: Parameters<typeof settingOf>[1] = {}) {
  const { manager, shards } = settingOf(items, options)
  const covers: Cover[] = []
  const located: unknown[][] = []
  const taken = (id: string): void => {
    const shard = shards.find((each) => each.id === id)
    if (shard !== undefined) manager.cache.take(shard, { sentTick: 2, sentAtMs: 200 })
  }
  Object.assign(manager, {
    async cover(...[first, last, freshness, more]: Cover) {
      covers.push([first, last, freshness, more])
      const covering = shards.filter(({ state: { lo, hi } }) => (last === null || lo <= last) && (hi ?? '~') > first)
      for (const { id } of covering) taken(id)
      more?.onLoaded?.(covering.length, covering.length)
      return covering
    },
    async locate(key: string, ...more: unknown[]) {
      located.push([key, ...more])
      return shards.find(({ state: { lo, hi } }) => lo <= key && (hi === null || key < hi))
    },
  })
  return { manager, covers, located, ranges: () => covers.map(([first, last]) => [first, last]) }
}

const WHOLE = [FIRST_KEY, null]
const rangeOf = (directory: string): string[] => Object.values(router.rangeOf(directory))
const contextOf = (freshness: Freshness): ReadContext => ({ freshness, signal: new AbortController().signal })
const ANY = contextOf(LENIENT.freshness)
const NEW = contextOf(STRICT.freshness)

const contentOf = (document: StoredDocument | null | undefined): unknown =>
  document === undefined ? undefined : (document?.toValue() ?? null)

async function found(manager: ShardManager, root: string, context: ReadContext): Promise<Record<string, unknown>> {
  const documents = await findDocuments(manager, root, context)
  return Object.fromEntries(documents.map(([path, document]) => [path, document.toValue()]))
}

describe('without waiting', () => {
  const get = (manager: ShardManager, path: string, { freshness } = LENIENT) =>
    contentOf(getAtOnce(manager, parseDocumentPath(path), freshness))

  test('a document is there, or is not, if its shard was read lately enough', () => {
    const { manager } = reading(ITEMS, { cuts: ['/d/x', '/f/*'], missing: ['2'] })
    expect(get(manager, '/a')).toBe(1)
    expect(get(manager, '/d/x')).toBe(2) // the very first of its shard
    expect(get(manager, '/d/absent')).toBeNull()
    expect(get(manager, '/d/e/y')).toBe(3)
    expect(get(manager, '/f/x')).toBeUndefined()
    expect(get(manager, '/a', STRICT)).toBeUndefined()
  })

  test('nothing is answered by a shard that does not own the document', () => {
    const { manager } = reading(ITEMS, { cuts: ['/d/x', '/f/*'], unmapped: ['1', '2'] })
    expect(get(manager, '/a')).toBe(1)
    expect(get(manager, '/d/w')).toBeNull()
    expect(get(manager, '/d/x')).toBeUndefined() // the very first of the next one
    expect(get(manager, '/f/x')).toBeUndefined()
    manager.map.learn([{ lo: '1!b', shard: '1' }]) // a map that is wrong
    expect(get(manager, '/c')).toBeUndefined()
  })
})

test('a document is looked up in the shard that owns it, as recent as was asked for', async () => {
  const { manager, located } = reading(ITEMS, { cuts: ['/d/*'] })
  expect(contentOf(await getDocument(manager, parseDocumentPath('/d/x'), NEW))).toBe(2)
  expect(await getDocument(manager, parseDocumentPath('/d/absent'), NEW)).toBeNull()
  expect(await getDocument(manager, parseDocumentPath('/nowhere/x'), NEW)).toBeNull()
  expect(located[0]).toEqual([router.keyOf('/d/', 'x'), NEW.freshness, NEW.signal])
})

test('the names in a directory come from all shards that own them, in order', async () => {
  const { manager, covers } = reading(
    { ...ITEMS, '/d/Z': 1, '/d/10': 1, '/d/9': 1 },
    { cuts: ['/d/*', '/d/m', '/f/*'] },
  )
  expect(await listDirectory(manager, '/d/', NEW)).toEqual(['10', '9', 'Z', 'e/', 'x'])
  expect(covers).toEqual([[...rangeOf('/d/'), NEW.freshness, NEW]])
  expect(await listDirectory(manager, '/nowhere/', ANY)).toEqual([])
})

describe('what lies below a directory', () => {
  /** Each directory `/d/00/`, `/d/01/` … lies in a shard of its own; the first shard has the others. */
  function wide(mapSize: number, directories: number, missing: readonly string[] = []) {
    const names = Array.from({ length: mapSize - 1 }, (_, index) => index.toString().padStart(2, '0'))
    const markers = names.slice(0, directories).map((name) => [`/d/${name}/`, null] as const)
    const documents = names.map((name) => [`/d/${name}/x`, name] as const)
    const items = { '/a': 0, '/d/': null, ...Object.fromEntries([...markers, ...documents]) }
    return { names, ...reading(items, { cuts: names.map((name) => `/d/${name}/*`), missing }) }
  }
  const without = (mapSize: number): string[] => Array.from({ length: mapSize - 1 }, (_, index) => String(index + 1))

  test('is found whole, sorted within each directory, whatever lies beside it', async () => {
    const { manager } = reading({ ...ITEMS, '/d/e!': 6, '/dd/': null, '/dd/x': 7 }, { cuts: ['/d/e/*', '/f/*'] })
    expect(Object.entries(await found(manager, '/d/', ANY))).toEqual([
      ['/d/e!', 6],
      ['/d/e/y', 3],
      ['/d/e/z', 4],
      ['/d/x', 2],
    ])
    expect(await found(manager, '/', ANY)).toMatchObject({ '/a': 1, '/d/x': 2, '/f/x': 5, '/dd/x': 7 })
    expect(await found(manager, '/nowhere/', ANY)).toEqual({})
  })

  test('is found also where the marker was looked for too early, or somewhere in between', async () => {
    const items = { '/b': 1, '/c/d/e/x': 2, '/c/d/e/y': 3, '/c/d/f/x': 4, '/c/d/f/': null }
    const { manager } = reading(items)
    expect(Object.keys(await found(manager, '/', ANY))).toEqual(['/b', '/c/d/e/x', '/c/d/e/y', '/c/d/f/x'])
    expect(Object.keys(await found(manager, '/c/', ANY))).toEqual(['/c/d/e/x', '/c/d/e/y', '/c/d/f/x'])
    expect(Object.keys(await found(manager, '/c/d/e/', ANY))).toEqual(['/c/d/e/x', '/c/d/e/y'])
  })

  test.each([
    ['everything', '/', READ_WHOLE_UP_TO + 4],
    ['a part of a small vault', '/d/', READ_WHOLE_UP_TO],
  ])('%s is read at once, and progress is told', async (_, root, mapSize) => {
    const { manager, covers, names } = wide(mapSize, mapSize)
    const progress: number[][] = []
    const context = { ...NEW, onLoaded: (...counts: number[]) => void progress.push(counts) }
    expect(Object.keys(await found(manager, root, context))).toEqual(
      expect.arrayContaining(names.map((name) => `/d/${name}/x`)),
    )
    expect(covers).toEqual([[...WHOLE, NEW.freshness, context]])
    expect(progress).toEqual([[mapSize, mapSize]])
  })

  test('is read level by level in a larger vault, as recent as was asked for, until it is given up', async () => {
    const mapSize = READ_WHOLE_UP_TO + 1
    const { manager, covers } = wide(mapSize, 2)
    const told: number[] = []
    expect(await found(manager, '/d/', { ...NEW, onLoaded: (done) => void told.push(done) })).toEqual({
      '/d/00/x': '00',
      '/d/01/x': '01',
    })
    const how = [NEW.freshness, { signal: NEW.signal }]
    expect(covers).toEqual(['/d/', '/d/00/', '/d/01/'].map((directory) => [...rangeOf(directory), ...how]))
    expect(told).toEqual([]) // nobody knows how much there will be
  })

  test.each([
    ['level by level', 9, false],
    ['whole on the way', 10, true],
    ['whole on the way', 17, true],
  ])('is read %s where %i of 18 shards are wanted and not known', async (_, wanted, whole) => {
    const { manager, ranges, names } = wide(18, wanted, without(18))
    const paths = names.slice(0, wanted).map((name) => `/d/${name}/x`)
    expect(Object.keys(await found(manager, '/d/', ANY))).toEqual(paths)
    expect(ranges().filter(([first]) => first === FIRST_KEY)).toEqual(whole ? [WHOLE] : [])
    expect(ranges().slice(0, 2)).toEqual([rangeOf('/d/'), whole ? WHOLE : rangeOf('/d/00/')])
  })

  test('is not read whole where most of it is known', async () => {
    const { manager, ranges } = wide(18, 17, without(18).slice(0, 9))
    expect(Object.keys(await found(manager, '/d/', ANY))).toHaveLength(17)
    expect(ranges()).not.toContainEqual(WHOLE)
  })
})
