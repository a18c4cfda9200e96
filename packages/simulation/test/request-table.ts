// The table of requests (docs/benchmarks.md, "Network") for stores on real servers: the same vaults, counted where the
// requests arrive.

import {
  type BlobStore,
  type MeteredStore,
  metricsBetween,
  type OpenOptions,
  type StoreMetrics,
  VaultDB,
  withMetrics,
} from '@vaultdb/core'
import { beforeAll, expect, test } from 'vitest'
import { makeCredentials } from '../src/credentials.ts'
import type { Specimen } from '../src/laboratory.ts'
import { type Materials, prepareMaterials } from '../src/materials.ts'
import { inLockstep } from './lockstep-store.ts'

/** An empty place on a server that counts. */
export interface CountedPlace {
  /** A new client of the place. What it needs before its first request, such as a token, it has already. */
  open(): Promise<BlobStore>
  /** How many requests the server has got so far. */
  requests(): number
  /** Whether the server answers some of those that come second with an error that says nothing of what became of their write. */
  readonly hasUnclearRaces?: boolean
}

/** What an operation took, or may take. */
interface Cost {
  readonly requests: number
  readonly rounds: number
  /** To the one that was written most often. */
  readonly writesOfOneFile: number
}

/** One operation, and what it may cost. */
interface RequestRow {
  readonly operation: string
  readonly specimen: 'small' | 'large'
  limits(shards: number): Partial<Cost>
  measure(place: CountedPlace, materials: Materials): Promise<Cost>
}

const KEY = Uint8Array.from({ length: 32 }, (_, index) => index)
const TEAM_DOCUMENTS = 100

/** Puts a copy of a vault at rest into an empty place. */
async function putSpecimen({ files }: Specimen, store: BlobStore): Promise<void> {
  await Promise.all([...files].map(([key, data]) => store.write(key, data, null)))
}

/** Opens the vault of a specimen. */
function openSpecimen(store: BlobStore, options?: Pick<OpenOptions, 'maxAgeMs'>): Promise<VaultDB> {
  return VaultDB.open(store, { key: KEY, ...options })
}

const most = (names: readonly string[]): number =>
  Math.max(0, ...names.map((name) => names.filter((each) => each === name).length))

/** Lets a client work, and tells what the part of it cost that it hands to `measured`. */
async function costOf(
  place: CountedPlace,
  work: (store: BlobStore, measured: (part: () => Promise<unknown>) => Promise<void>) => Promise<VaultDB>,
): Promise<Cost> {
  const store = inLockstep(await place.open())
  const metered = withMetrics(store)
  const arrived = place.requests()
  let cost: Cost | undefined
  const db = await work(metered, async (part) => {
    const before = metered.metrics()
    const { length } = store.written
    await part()
    const { requests, rounds } = metricsBetween(before, metered.metrics())
    cost = { requests, rounds, writesOfOneFile: most(store.written.slice(length)) }
  })
  await db.close()
  // No adapter sends more than it is asked for, so the rounds of its requests are those of the calls.
  expect(place.requests() - arrived).toBe(metered.metrics().requests)
  if (cost === undefined) throw new Error('Nothing was measured.')
  return cost
}

function openAndGet(place: CountedPlace, path: string, maxAgeMs: number): Promise<Cost> {
  return costOf(place, async (store, measured) => {
    let db: VaultDB | undefined
    await measured(async () => {
      db = await openSpecimen(store, { maxAgeMs })
      if ((await db.get(path)) === null) throw new Error(`${path} is missing.`)
    })
    return db as VaultDB
  })
}

/** A row that measures `work` on an opened vault, after `warmUp`. */
function onOpened(
  operation: string,
  limits: (shards: number) => Partial<Cost>,
  work: (db: VaultDB, site: Materials['site']) => Promise<unknown>,
  warmUp: (db: VaultDB, site: Materials['site']) => Promise<unknown> = async () => undefined,
): RequestRow {
  return {
    operation,
    specimen: 'large',
    limits,
    measure: (place, { site }) =>
      costOf(place, async (store, measured) => {
        const db = await openSpecimen(store)
        await warmUp(db, site)
        await measured(() => work(db, site))
        return db
      }),
  }
}

const touch = (document: unknown): unknown => ({ ...(document as object), modified: '2026-01-02T03:04:05.678Z' })

function changeRows(operation: string, work: (db: VaultDB, site: Materials['site']) => Promise<unknown>): RequestRow[] {
  return [
    onOpened(
      `${operation}, cached`,
      () => ({ requests: 1, rounds: 1 }),
      work,
      (db, site) => db.get(site.paths[1]),
    ),
    onOpened(`${operation}, not cached`, () => ({ requests: 2, rounds: 2 }), work),
  ]
}

const firstPath = ({ entries: [first] }: Specimen): string => first?.[0] ?? ''

/** The rows of the table, but for the one of two writers. */
const ROWS: readonly RequestRow[] = [
  {
    operation: 'open + get, small vault, with `maxAgeMs`',
    specimen: 'small',
    limits: () => ({ requests: 2, rounds: 1 }),
    measure: (place, { small }) => openAndGet(place, firstPath(small), 3_600_000),
  },
  {
    operation: 'open + get, small vault',
    specimen: 'small',
    limits: () => ({ requests: 3, rounds: 2 }),
    measure: (place, { small }) => openAndGet(place, firstPath(small), 0),
  },
  {
    operation: 'open + get, larger vault',
    specimen: 'large',
    limits: () => ({ requests: 3, rounds: 2 }),
    measure: (place, { site }) => openAndGet(place, site.paths[0], 0),
  },
  onOpened(
    'get again',
    () => ({ requests: 1, rounds: 1 }),
    (db, site) => db.get(site.paths[0]),
    (db, site) => db.get(site.paths[0]),
  ),
  onOpened(
    'a hundred gets within a task',
    () => ({ requests: 1, rounds: 1 }),
    (db, site) =>
      db.task(async (task) => {
        for (let time = 0; time < 100; time++) await task.get(site.paths[0])
      }),
  ),
  onOpened(
    'find everything',
    (shards) => ({ requests: shards, rounds: 1 }),
    (db) => db.find('/').toArray(),
  ),
  onOpened(
    'export everything',
    (shards) => ({ requests: shards, rounds: 1 }),
    (db) => db.entries('/').toArray(),
  ),
  ...changeRows('update an existing document', (db, site) => db.update(site.paths[0], touch)),
  ...changeRows('create in a directory that has documents', (db, site) =>
    db.put(`${site.directory}another`, 'made up'),
  ),
  ...changeRows('remove, others remain', (db, site) => db.remove(site.paths[0])),
  onOpened(
    'create in new nested directories',
    () => ({ writesOfOneFile: 2, rounds: 3 }),
    (db) => db.put('/projects/alpha/keys/deploy', 'made up'),
  ),
  onOpened(
    'create in new nested directories, top level there',
    () => ({ writesOfOneFile: 2, rounds: 4 }),
    (db) => db.put('/logins/alpha.example/keys/deploy', 'made up'),
  ),
  onOpened(
    'import 100 documents',
    (shards) => ({ requests: 3 * shards, rounds: 3 }),
    (db) => db.write(makeCredentials(100, 4).map(([path, value]) => ({ put: path, value }))),
  ),
  onOpened(
    'prune 100 documents',
    (shards) => ({ requests: 3 * shards, rounds: 3 }),
    async (db) => {
      const removed = await db.prune('/team/')
      if (removed !== TEAM_DOCUMENTS) throw new Error(`${removed} documents were removed.`)
    },
  ),
]

const UPDATES = 20
/** Conflicts of one operation from which on the engine reads once more before it writes again, because it has paused for long. */
const CONFLICTS_IN_HASTE = 6
/** How often a file is read that looks torn, where the store says that reads are not atomic. */
const READS_OF_A_TORN_FILE = 6

/** Updates a document, and asserts that each update took one retry for each conflict, and a look at who had come first. */
async function updateOften(db: VaultDB, store: MeteredStore, path: string): Promise<StoreMetrics> {
  const readsOfAFile = store.capabilities.atomicReads ? 1 : READS_OF_A_TORN_FILE
  const begin = store.metrics()
  for (let update = 1; update <= UPDATES; update++) {
    const before = store.metrics()
    await db.put(path, { update })
    const { reads, writes, conflicts, errors } = metricsBetween(before, store.metrics())
    expect(writes - errors).toBeLessThanOrEqual(1 + conflicts)
    expect(reads).toBeLessThanOrEqual(readsOfAFile * (conflicts + Math.max(0, conflicts - CONFLICTS_IN_HASTE)))
  }
  return metricsBetween(begin, store.metrics())
}

/** Two clients at once, each with a document of its own in one shard, and as fast as the server lets them: not in lockstep. */
async function expectOneRetryAConflict(place: CountedPlace, { site }: Materials): Promise<void> {
  const writers = await Promise.all(
    site.paths.slice(0, 2).map(async (path) => {
      const store = withMetrics(await place.open())
      const db = await openSpecimen(store)
      await db.get(path)
      return { db, store, path }
    }),
  )
  const arrived = place.requests()
  const costs = await Promise.all(writers.map(({ db, store, path }) => updateOften(db, store, path)))
  expect(place.requests() - arrived).toBe(costs.reduce((sum, { requests }) => sum + requests, 0))
  for (const { conflicts, errors } of costs) {
    if (!place.hasUnclearRaces) expect(errors).toBe(0)
    // Each because of another update of the other one's, or of the own one whose answer told nothing.
    expect(conflicts).toBeLessThanOrEqual(UPDATES + errors)
  }
  for (const { path } of writers) expect(await writers[0]?.db.get(path)).toEqual({ update: UPDATES })
  await Promise.all(writers.map(({ db }) => db.close()))
}

/** Tests that each row of the table holds for a store; `newPlace` resolves to an empty place each time. */
export function testRequestTable(newPlace: () => Promise<CountedPlace>): void {
  let materials: Materials
  beforeAll(async () => {
    materials = await prepareMaterials()
  }, 120_000)

  async function placeOf(name: RequestRow['specimen']): Promise<CountedPlace> {
    const place = await newPlace()
    await putSpecimen(materials[name], await place.open())
    return place
  }

  test.each(ROWS)('$operation', async (row) => {
    const cost = await row.measure(await placeOf(row.specimen), materials)
    expect(cost.requests).toBeGreaterThan(0)
    const limits = Object.entries(row.limits(materials[row.specimen].shards)) as [keyof Cost, number][]
    const exceeded = limits.filter(([what, limit]) => cost[what] > limit)
    expect(exceeded, `It took ${JSON.stringify(cost)}.`).toEqual([])
  })

  test('two writers of different documents of one shard: one retry for each conflict', async () => {
    await expectOneRetryAConflict(await placeOf('large'), materials)
  })
}
