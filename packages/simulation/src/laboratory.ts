import type { BlobStore, Compression, OpenOptions } from '@vaultdb/core'
import { createMemoryStore, createRuntime, VaultDB } from '@vaultdb/core'
import type { NetworkCost } from './cost.ts'
import { measureNetwork } from './cost.ts'
import { makeCredentials } from './credentials.ts'
import type { NetworkStore } from './network.ts'
import { createNetworkStore } from './network.ts'
import { createSeededRandom } from './seeded-random.ts'
import type { VirtualClock } from './virtual-clock.ts'
import { createVirtualClock, createVirtualRuntime } from './virtual-clock.ts'

/** A vault at rest: its files, and what is in it. */
export interface Specimen {
  readonly files: ReadonlyMap<string, Uint8Array>
  readonly entries: readonly (readonly [path: string, document: unknown])[]
  /** Shard files. */
  readonly shards: number
  /** Of all files. */
  readonly bytes: number
}

/** One client of a vault on a slow line. */
export interface Client {
  readonly db: VaultDB
  readonly store: NetworkStore
  /** What `work` costs this client. */
  measure(work: () => Promise<unknown>): Promise<NetworkCost>
}

/** A copy of a specimen behind a network; each client has a line of its own. */
export interface Laboratory {
  readonly clock: VirtualClock
  readonly specimen: Specimen
  /** A store on a new line, nothing sent yet. */
  connect(): NetworkStore
  /** Opens the vault through `store`. */
  open(store: NetworkStore, options?: Pick<OpenOptions, 'maxAgeMs'>): Promise<VaultDB>
  /** A client that has opened the vault and done nothing else. */
  client(): Promise<Client>
}

const KEY = Uint8Array.from({ length: 32 }, (_, index) => index)

/** So that a log is full whatever its length: the design asks for 16 entries in full and 64 bare ids at least. */
const WRITES_THAT_FILL_A_LOG = 85

async function contentOf(store: BlobStore): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>()
  for await (const { key } of store.list('')) {
    const blob = await store.read(key)
    if (blob !== null && blob !== 'unchanged') files.set(key, blob.data)
  }
  return files
}

/** Updates documents, one at a time, until every shard has been written often enough. Values stay as they are in size. */
async function fillLogs(db: VaultDB, store: NetworkStore, paths: readonly string[]): Promise<void> {
  const writes = new Map<string, number>()
  for (const path of paths) {
    let shard: string | undefined
    while (shard === undefined || (writes.get(shard) ?? 0) < WRITES_THAT_FILL_A_LOG) {
      const first = store.requests.length
      await db.update<{ id: string }>(path, (document) => document && { ...document, id: rotate(document.id) })
      shard = store.requests.slice(first).find((request) => request.kind === 'write')?.key
      if (shard === undefined) throw new Error(`The update of ${path} wrote no file.`)
      writes.set(shard, (writes.get(shard) ?? 0) + 1)
    }
  }
}

const rotate = (text: string): string => text.slice(1) + text.slice(0, 1)

/**
 * Makes a vault of `count` credentials, nine tenths below `/logins/` and one tenth below `/team/`, in one import. Uses the platform's
 * cryptography, which is quicker: what differs from run to run in the files is neither size nor shape, as all randomness is seeded.
 */
export async function makeSpecimen(
  count: number,
  options: { readonly compression?: Compression; readonly fullLogs?: boolean } = {},
): Promise<Specimen> {
  const team = Math.floor(count / 10)
  const entries = [...makeCredentials(count - team, 1), ...makeCredentials(team, 2, 'team')]
  const random = createSeededRandom(3)
  const store = createNetworkStore(createMemoryStore(), {
    clock: createVirtualClock(),
    latencyMs: 0,
    bitsPerSecond: Infinity,
  })
  const db = await VaultDB.create(store, {
    key: KEY,
    runtime: { ...createRuntime(), randomBytes: (length) => random.bytes(length), jitter: () => random.fraction() },
    compression: options.compression ?? 'none',
  })
  await db.write(entries.map(([path, value]) => ({ put: path, value })))
  if (options.fullLogs)
    await fillLogs(
      db,
      store,
      entries.map(([path]) => path),
    )
  const current = await db.entries('/').toArray()
  await db.close()
  const files = await contentOf(store)
  const shards = [...files.keys()].filter((key) => key.startsWith('shards/')).length
  return { files, entries: current, shards, bytes: [...files.values()].reduce((sum, data) => sum + data.length, 0) }
}

/** Puts a copy of `specimen` at the far end of a network of 80 ms and 10 Mbit/s. */
export async function createLaboratory(specimen: Specimen): Promise<Laboratory> {
  const clock = createVirtualClock()
  const inner = createMemoryStore()
  for (const [key, data] of specimen.files) await inner.write(key, data, null)
  let seed = 100
  const connect = (): NetworkStore => createNetworkStore(inner, { clock })
  const open = (store: NetworkStore, options?: Pick<OpenOptions, 'maxAgeMs'>): Promise<VaultDB> => {
    const runtime = createVirtualRuntime(clock, seed++)
    return VaultDB.open(store, { key: KEY, runtime, allowInsecureContext: true, ...options })
  }
  const client = async (): Promise<Client> => {
    const store = connect()
    const db = await open(store)
    return { db, store, measure: (work) => measureNetwork(clock, store, work) }
  }
  return { clock, specimen, connect, open, client }
}

/** The shard file that each of `paths` was read from. */
export async function locateDocuments(specimen: Specimen, paths: readonly string[]): Promise<Map<string, string>> {
  const lab = await createLaboratory(specimen)
  const { db, store } = await lab.client()
  const found = new Map<string, string>()
  for (const path of paths) {
    await db.get(path)
    const last = store.requests.findLast((request) => request.kind === 'read')
    if (last === undefined) throw new Error(`The get of ${path} read no file.`)
    found.set(path, last.key)
  }
  return found
}
