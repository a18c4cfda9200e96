// The table of requests (docs/benchmarks.md, "Network") for stores on real servers: the same vaults, counted where the
// requests arrive. Rounds are counted by the simulation alone, whose clock is virtual.

import { type BlobStore, type OpenOptions, VaultDB } from '@vaultdb/core'
import { makeCredentials } from '../src/credentials.ts'
import type { Specimen } from '../src/laboratory.ts'
import type { Materials } from '../src/materials.ts'

/** An empty place on a server that counts. */
export interface CountedPlace {
  /** A new client of the place. What it needs before its first request, such as a token, it has already. */
  open(): Promise<BlobStore>
  /** How many requests the server has got so far. */
  requests(): number
}

/** One operation, and how many requests it may take. */
export interface RequestRow {
  readonly operation: string
  readonly specimen: 'small' | 'large'
  limit(shards: number): number
  /** Resolves to the requests that it took. */
  measure(place: CountedPlace, materials: Materials): Promise<number>
}

const KEY = Uint8Array.from({ length: 32 }, (_, index) => index)
const TEAM_DOCUMENTS = 100

/** Puts a copy of a vault at rest into an empty place. */
export async function putSpecimen({ files }: Specimen, store: BlobStore): Promise<void> {
  await Promise.all([...files].map(([key, data]) => store.write(key, data, null)))
}

/** Opens the vault of a specimen. */
export function openSpecimen(store: BlobStore, options?: Pick<OpenOptions, 'maxAgeMs'>): Promise<VaultDB> {
  return VaultDB.open(store, { key: KEY, ...options })
}

async function counted(place: CountedPlace, work: () => Promise<unknown>): Promise<number> {
  const before = place.requests()
  await work()
  return place.requests() - before
}

async function openAndGet(place: CountedPlace, path: string, maxAgeMs: number): Promise<number> {
  const store = await place.open()
  return counted(place, async () => {
    const db = await openSpecimen(store, { maxAgeMs })
    if ((await db.get(path)) === null) throw new Error(`${path} is missing.`)
  })
}

/** A row that measures `work` on an opened vault, after `warmUp`. */
function onOpened(
  operation: string,
  limit: (shards: number) => number,
  work: (db: VaultDB, site: Materials['site']) => Promise<unknown>,
  warmUp: (db: VaultDB, site: Materials['site']) => Promise<unknown> = async () => undefined,
): RequestRow {
  return {
    operation,
    specimen: 'large',
    limit,
    measure: async (place, { site }) => {
      const db = await openSpecimen(await place.open())
      await warmUp(db, site)
      const requests = await counted(place, () => work(db, site))
      await db.close()
      return requests
    },
  }
}

const touch = (document: unknown): unknown => ({ ...(document as object), modified: '2026-01-02T03:04:05.678Z' })

function changeRows(operation: string, work: (db: VaultDB, site: Materials['site']) => Promise<unknown>): RequestRow[] {
  return [
    onOpened(
      `${operation}, cached`,
      () => 1,
      work,
      (db, site) => db.get(site.paths[1]),
    ),
    onOpened(`${operation}, not cached`, () => 2, work),
  ]
}

const firstPath = ({ entries: [first] }: Specimen): string => first?.[0] ?? ''

/** The rows of the table, but for the one of two writers. */
export const REQUEST_ROWS: readonly RequestRow[] = [
  {
    operation: 'open + get, small vault, with `maxAgeMs`',
    specimen: 'small',
    limit: () => 2,
    measure: (place, { small }) => openAndGet(place, firstPath(small), 3_600_000),
  },
  {
    operation: 'open + get, small vault',
    specimen: 'small',
    limit: () => 3,
    measure: (place, { small }) => openAndGet(place, firstPath(small), 0),
  },
  {
    operation: 'open + get, larger vault',
    specimen: 'large',
    limit: () => 3,
    measure: (place, { site }) => openAndGet(place, site.paths[0], 0),
  },
  onOpened(
    'get again',
    () => 1,
    (db, site) => db.get(site.paths[0]),
    (db, site) => db.get(site.paths[0]),
  ),
  onOpened(
    'a hundred gets within a task',
    () => 1,
    (db, site) =>
      db.task(async (task) => {
        for (let time = 0; time < 100; time++) await task.get(site.paths[0])
      }),
  ),
  onOpened(
    'find everything',
    (shards) => shards,
    (db) => db.find('/').toArray(),
  ),
  onOpened(
    'export everything',
    (shards) => shards,
    (db) => db.entries('/').toArray(),
  ),
  ...changeRows('update an existing document', (db, site) => db.update(site.paths[0], touch)),
  ...changeRows('create in a directory that has documents', (db, site) =>
    db.put(`${site.directory}another`, 'made up'),
  ),
  ...changeRows('remove, others remain', (db, site) => db.remove(site.paths[0])),
  onOpened(
    'import 100 documents',
    (shards) => 3 * shards,
    (db) => db.write(makeCredentials(100, 4).map(([path, value]) => ({ put: path, value }))),
  ),
  onOpened(
    'prune 100 documents',
    (shards) => 3 * shards,
    async (db) => {
      const removed = await db.prune('/team/')
      if (removed !== TEAM_DOCUMENTS) throw new Error(`${removed} documents were removed.`)
    },
  ),
]
