import { type BlobStore, createMemoryStore, type VaultDB } from '@vaultdb/core'
import { internalsOf } from '../../src/database/internals.ts'
import { checkSecret } from '../../src/vault/credentials.ts'
import { createTestRuntime } from '../support/runtime.ts'
import { createVault, filler, inspect, KEY, openVault } from '../support/vault.ts'

/** Credentials that {@link SCENARIOS} changes the vault's key to. */
export const OTHER_KEY: Uint8Array = new Uint8Array(32).fill(9)

/** Something that writes, whose every single write a test can get at: the same writes, in the same order, each time. */
export interface Scenario {
  readonly name: string
  /** What its writes are, in the order in which they are sent; those of one round in any order. */
  readonly writes: readonly string[]
  /** Makes the store that it begins with. */
  prepare(): Promise<BlobStore>
  /** Does it and answers what its caller learns. */
  act(store: BlobStore): Promise<unknown>
  readonly result: unknown
  /** The documents afterwards. */
  readonly documents: Readonly<Record<string, unknown>>
  /** The key that opens the vault afterwards. */
  readonly key?: Uint8Array
}

type Counter = { readonly n: number; readonly pad?: string }

export const increment = (counter: Counter | null): Counter => ({ ...counter, n: (counter?.n ?? 0) + 1 })

/** A store with a vault that holds `documents`. */
export async function storeWith(documents: Readonly<Record<string, unknown>>): Promise<BlobStore> {
  const store = createMemoryStore()
  const db = await createVault(store)
  for (const [path, value] of Object.entries(documents)) await db.put(path, value)
  await db.close()
  return store
}

/** Opens the vault as a client that is the same each time, and closes it when what it was opened for is done. */
async function using<T>(store: BlobStore, work: (db: VaultDB) => Promise<T>): Promise<T> {
  const db = await openVault(store, { runtime: createTestRuntime(77) })
  try {
    return await work(db)
  } finally {
    await db.close()
  }
}

/** Large documents, so that each has a shard of its own. */
const spread = Object.fromEntries(
  ['/p/x', '/q/x', '/r/x', '/s/x'].map((path) => [path, { n: 0, pad: filler(900) }] as const),
)

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'increment a counter',
    writes: ['document'],
    prepare: () => storeWith({ '/counter': { n: 1 } }),
    act: (store) => using(store, (db) => db.update('/counter', increment)),
    result: { n: 2 },
    documents: { '/counter': { n: 2 } },
  },
  {
    name: 'create a counter in new directories of a vault of many shards',
    writes: ['marker', 'document with the other marker'],
    prepare: () => storeWith(spread),
    act: (store) => using(store, (db) => db.update('/new/directory/counter', increment)),
    result: { n: 1 },
    documents: { ...spread, '/new/directory/counter': { n: 1 } },
  },
  {
    name: 'remove the last document of its directories',
    writes: ['document', 'unlink', 'unlink'],
    prepare: () => storeWith({ ...spread, '/new/directory/counter': { n: 1 } }),
    act: (store) => using(store, (db) => db.remove('/new/directory/counter')),
    result: true,
    documents: spread,
  },
  {
    name: 'remove the last document of a directory that lies in two shards',
    writes: ['document', 'fence', 'unlink'],
    async prepare() {
      const store = await storeWith({ '/wide/x': { n: 0, pad: filler(900) }, '/wide/y': { n: 0, pad: filler(900) } })
      await using(store, (db) => db.remove('/wide/x'))
      return store
    },
    act: (store) => using(store, (db) => db.remove('/wide/y')),
    result: true,
    documents: {},
  },
  {
    name: 'outgrow a shard',
    writes: ['sibling', 'split commit', 'map'],
    prepare: () => storeWith({ '/counter': { n: 1 }, '/other': { n: 1, pad: filler(700) } }),
    act: (store) =>
      using(store, (db) => db.update<Counter>('/counter', (counter) => ({ ...increment(counter), pad: filler(600) }))),
    result: { n: 2, pad: filler(600) },
    documents: { '/counter': { n: 2, pad: filler(600) }, '/other': { n: 1, pad: filler(700) } },
  },
  {
    name: 'import into an empty vault',
    writes: ['sibling', 'sibling', 'sibling', 'split commit', 'map'],
    prepare: () => storeWith({}),
    act: (store) => using(store, (db) => db.write(Object.entries(spread).map(([put, value]) => ({ put, value })))),
    result: ['created', 'created', 'created', 'created'],
    documents: spread,
  },
  {
    name: 'prune everything',
    writes: ['document', 'document', 'document', 'document', 'unlink'],
    prepare: () => storeWith(spread),
    act: (store) => using(store, (db) => db.prune('/')),
    result: 4,
    documents: {},
  },
  {
    name: 'create a vault',
    writes: ['root', 'first shard', 'root without its mark'],
    prepare: async () => createMemoryStore(),
    act: async (store) => (await createVault(store)).close(),
    result: undefined,
    documents: {},
  },
  {
    name: 'change what opens the vault',
    writes: ['root with another slot'],
    prepare: () => storeWith({ '/counter': { n: 1 } }),
    act: (store) =>
      using(store, (db) =>
        internalsOf(db).engine.root.changeSecret(checkSecret({ key: KEY }), checkSecret({ key: OTHER_KEY })),
      ),
    result: undefined,
    documents: { '/counter': { n: 1 } },
    key: OTHER_KEY,
  },
]

/** What the vault holds now, after it was found sound. */
export async function documentsOf(store: BlobStore, key: Uint8Array = KEY): Promise<Record<string, unknown>> {
  return Object.fromEntries((await inspect(store, key)).documents)
}
