import { createMemoryStore, type MeteredStore, metricsBetween, type VaultDB, withMetrics } from '@vaultdb/core'
import { describe, expect, test } from 'vitest'
import { decorate } from '../../src/store/decorators/decorate.ts'
import { createVault, filler, inspect, openVault } from '../support/vault.ts'
import { increment, storeWith } from './scenarios.ts'

interface Cost {
  readonly requests: number
  readonly rounds: number
}

/** What `work` costs in requests and in rounds. */
async function costOf(store: MeteredStore, work: () => Promise<unknown>): Promise<Cost> {
  const before = store.metrics()
  await work()
  const { requests, rounds } = metricsBetween(before, store.metrics())
  return { requests, rounds }
}

async function metered(documents: Readonly<Record<string, unknown>>): Promise<MeteredStore> {
  return withMetrics(await storeWith(documents))
}

const cost = (requests: number, rounds: number): Cost => ({ requests, rounds })

describe('a small vault, one shard', () => {
  const documents = { '/a': 1, '/b/counter': { n: 1 }, '/b/other': 1 }

  test('open and get: 2 requests in 1 round with maxAgeMs', async () => {
    const store = await metered(documents)
    const work = async (): Promise<void> => {
      const db = await openVault(store, { maxAgeMs: 1000 })
      expect(await db.get('/b/counter')).toEqual({ n: 1 })
    }
    expect(await costOf(store, work)).toEqual(cost(2, 1))
  })

  test('open and get: 3 requests in 2 rounds without, the body once', async () => {
    const store = await metered(documents)
    const work = async (): Promise<void> => {
      expect(await (await openVault(store)).get('/a')).toBe(1)
    }
    expect(await costOf(store, work)).toEqual(cost(3, 2))
    expect(store.metrics().unchanged).toBe(1)
  })

  test.each<readonly [string, (db: VaultDB) => Promise<unknown>]>([
    ['get again', (db) => db.get('/a')],
    ['list', (db) => db.list('/b/')],
    ['find everything', (db) => db.find('/').toArray()],
    ['export everything', (db) => db.entries('/').toArray()],
    ['update what is cached', (db) => db.update('/b/counter', increment)],
    ['put into a directory that has documents', (db) => db.put('/b/new', 1)],
    ['put at the top', (db) => db.put('/new', 1)],
    ['create in new directories', (db) => db.put('/c/d/e', 1)],
    ['remove while others remain', (db) => db.remove('/b/other')],
    [
      'a bulk of everything',
      (db) => db.write([{ put: '/a', value: 2 }, { remove: '/b/other' }, { put: '/n', value: 1 }]),
    ],
    ['remove what is absent', (db) => db.remove('/absent')],
    ['put what is there', (db) => db.put('/a', 1)],
    [
      'twenty increments at once',
      (db) => Promise.all(Array.from({ length: 20 }, () => db.update('/b/counter', increment))),
    ],
  ])('%s: 1 request', async (_name, act) => {
    const store = await metered(documents)
    const db = await openVault(store)
    expect(await costOf(store, () => act(db))).toEqual(cost(1, 1))
  })

  test('removing the last of a directory: its document, then its marker', async () => {
    const store = await metered({ '/a': 1, '/b/only': 1 })
    const db = await openVault(store)
    expect(await costOf(store, () => db.remove('/b/only'))).toEqual(cost(2, 2))
  })

  test('an open database that nobody uses asks for nothing, and neither does closing it', async () => {
    const store = await metered(documents)
    const db = await openVault(store)
    expect(await costOf(store, () => db.close())).toEqual(cost(0, 0))
  })
})

describe('a vault of many shards', () => {
  const paths = Array.from({ length: 40 }, (_, index) => `/d${index % 5}/${index}`)
  const documents = Object.fromEntries(paths.map((path) => [path, { n: 1, pad: filler(200) }] as const))

  /** A directory that does not lie in the first shard, with everything but that first shard unknown to the client. */
  const prepared = async (): Promise<{
    readonly store: MeteredStore
    readonly db: VaultDB
    readonly shards: number
  }> => {
    const store = await metered(documents)
    const { shards } = await inspect(store)
    return { store, db: await openVault(store), shards: shards.length }
  }

  test('open and get: 3 requests in 2 rounds', async () => {
    const store = await metered(documents)
    const work = async (): Promise<void> => {
      await (await openVault(store)).get('/d1/1')
    }
    expect(await costOf(store, work)).toEqual(cost(3, 2))
  })

  test('update of what is not cached: 2 requests in 2 rounds; cached: 1 in 1', async () => {
    const { store, db } = await prepared()
    expect(await costOf(store, () => db.update('/d1/1', increment))).toEqual(cost(2, 2))
    expect(await costOf(store, () => db.update('/d1/1', increment))).toEqual(cost(1, 1))
  })

  test('create in a directory that has documents, and remove while others remain: as update', async () => {
    const { store, db } = await prepared()
    const { shards } = await inspect(store)
    // A name that lies where the directory has documents already: next to one of them.
    const home = shards.find(({ id, state }) => id !== '0' && (state.directories.get('/d1/')?.size ?? 0) > 1)
    const sibling = [...(home?.state.directories.get('/d1/')?.values() ?? [])].find(({ document }) => document !== null)
    const path = `/d1/${sibling?.name}`
    expect(await costOf(store, () => db.remove(path))).toEqual(cost(2, 2))
    expect(await costOf(store, () => db.put(path, { n: 1, pad: filler(200) }))).toEqual(cost(1, 1))
    await db.close()
  })

  test('find and export: all shards in one round', async () => {
    const { store, db, shards } = await prepared()
    expect(await costOf(store, () => db.find('/').toArray())).toEqual(cost(shards, 1))
    expect(await costOf(store, () => db.entries('/').toArray())).toEqual(cost(shards, 1))
  })

  test('create in new nested directories: at most 2 writes a shard, in 3 rounds', async () => {
    for (let index = 0; index < 10; index++) {
      const { store, db } = await prepared()
      const before = store.metrics()
      await db.put(`/new${index}/e/f/x`, 1)
      const { writes, reads, rounds, conflicts } = metricsBetween(before, store.metrics())
      expect(rounds).toBeLessThanOrEqual(3)
      expect(conflicts).toBe(0)
      expect(writes).toBeLessThanOrEqual(2 * (reads + 1))
      await db.close()
    }
  })
})

describe('a bulk', () => {
  const values = Array.from({ length: 30 }, (_, index) => ({ put: `/d${index % 4}/${index}`, value: filler(200) }))

  test('into an empty vault is 3 rounds with the map, each new shard written once', async () => {
    const store = withMetrics(createMemoryStore())
    const db = await createVault(store)
    const before = store.metrics()
    await db.write(values)
    await db.close()
    const { requests, rounds, reads } = metricsBetween(before, store.metrics())
    const { shards } = await inspect(store)
    expect(shards.length).toBeGreaterThan(4)
    expect([requests, rounds, reads]).toEqual([shards.length - 1 + 1 + 1, 3, 0])
  })

  test('into an empty vault is atomic: before the commit nothing of it is there, afterwards everything', async () => {
    const inner = createMemoryStore()
    await (await createVault(inner)).close()
    const watcher = await openVault(inner)
    const seen: number[] = []
    const store = decorate(inner, {
      async write(...request: Parameters<typeof inner.write>): Promise<string> {
        seen.push((await watcher.find('/').toArray()).length)
        const version = await inner.write(...request)
        seen.push((await watcher.find('/').toArray()).length)
        return version
      },
    })
    const db = await openVault(store)
    await db.write(values)
    await db.close()
    expect(new Set(seen)).toEqual(new Set([0, values.length]))
  })

  test('over existing shards: each is read and written once', async () => {
    const store = await metered(Object.fromEntries(values.map(({ put, value }) => [put, value])))
    const { shards } = await inspect(store)
    const db = await openVault(store)
    const shorter = values.map(({ put }) => ({ put, value: 1 }))
    const { requests, rounds } = await costOf(store, () => db.write(shorter))
    expect(requests).toBeLessThanOrEqual(2 * shards.length)
    expect(rounds).toBe(2)
  })

  test('prune: 3 rounds, at most 3 requests a shard', async () => {
    const store = await metered(Object.fromEntries(values.map(({ put, value }) => [put, value])))
    const { shards } = await inspect(store)
    const db = await openVault(store)
    const { requests, rounds } = await costOf(store, () => db.prune('/'))
    expect(requests).toBeLessThanOrEqual(3 * shards.length)
    expect(rounds).toBe(3)
  })
})

test('two writers of different documents of one shard: one retry per real conflict', async () => {
  const store = await metered({ '/a': { n: 0 }, '/b': { n: 0 } })
  const [one, two] = [await openVault(store), await openVault(store)]
  const before = store.metrics()
  for (let round = 0; round < 10; round++) {
    await one.update('/a', increment)
    await two.update('/b', increment)
  }
  const { writes, reads, conflicts } = metricsBetween(before, store.metrics())
  // Each finds the other's write in its way, once: a conflict, the read that settles it, and the write again.
  expect([writes - conflicts, conflicts, reads]).toEqual([20, 19, 19])
})
