import type { BlobStore, CreateOptions, Credentials, OpenOptions } from '@vaultdb/core'
import { VaultDB } from '@vaultdb/core'
import { FIRST_KEY } from '../../src/crypto/router.ts'
import { internalsOf } from '../../src/database/internals.ts'
import { markedDirectories, markerOf } from '../../src/path/path.ts'
import type { LoadedShard } from '../../src/shards/cache.ts'
import { createTestRuntime } from './runtime.ts'

/** A raw key: opens without a key derivation. */
export const KEY: Uint8Array = new Uint8Array(32).fill(7)

/** The smallest shards there are: a few documents split one. */
export const SMALL_SHARD_BYTES = 1024

/** Creates a vault of small shards with a runtime of its own. */
export function createVault(store: BlobStore, options: Partial<CreateOptions & Credentials> = {}): Promise<VaultDB> {
  const defaults = { key: KEY, shardBytes: SMALL_SHARD_BYTES, runtime: createTestRuntime() }
  return VaultDB.create(store, { ...defaults, ...options } as CreateOptions & Credentials)
}

let opened = 0

/** Opens the vault as one more client, with randomness of its own. */
export function openVault(store: BlobStore, options: Partial<OpenOptions & Credentials> = {}): Promise<VaultDB> {
  opened++
  return VaultDB.open(store, { key: KEY, runtime: createTestRuntime(1000 + opened), ...options } as OpenOptions &
    Credentials)
}

/** A text of this length, for documents of a size. */
export function filler(length: number): string {
  return 'x'.repeat(length)
}

/** Every shard that can be reached, in the order of their ranges, read by a database that has cached nothing of them. */
export function readShards(db: VaultDB): Promise<LoadedShard[]> {
  const { manager } = internalsOf(db).engine
  return manager.cover(FIRST_KEY, null, { sinceTick: manager.requests.tick, notBeforeMs: Number.POSITIVE_INFINITY })
}

/** What a vault holds: its documents by path, and the directories that have a marker. */
export interface Contents {
  readonly documents: ReadonlyMap<string, unknown>
  readonly markers: ReadonlySet<string>
  readonly shards: readonly LoadedShard[]
}

/**
 * Reads the whole vault shard by shard as a new client, and throws unless it is sound: ranges join up, each item lies in the
 * shard that owns its key, and **every document's ancestors have their markers**.
 */
export async function inspect(store: BlobStore, key: Uint8Array = KEY): Promise<Contents> {
  const db = await openVault(store, { key })
  const shards = await readShards(db)
  const { router } = internalsOf(db).engine.manager
  const documents = new Map<string, unknown>()
  const markers = new Set<string>()
  let expectedLo: string | null = FIRST_KEY
  for (const { id, state } of shards) {
    if (state.lo !== expectedLo) throw new Error(`Shard ${id} begins at ${state.lo}, not at ${expectedLo}.`)
    expectedLo = state.hi
    for (const [directory, items] of state.directories) {
      for (const { name, document } of items.values()) {
        const key = router.keyOf(directory, name)
        const owned = key >= state.lo && (state.hi === null || key < state.hi)
        if (!owned) throw new Error(`${directory}${name} lies in a shard that does not own it.`)
        if (document === null) markers.add(directory + name)
        else documents.set(directory + name, document.toValue())
      }
    }
  }
  if (expectedLo !== null) throw new Error('The last shard does not reach to the end.')
  for (const path of documents.keys()) {
    for (const each of markedDirectories(path.slice(0, path.lastIndexOf('/') + 1))) {
      const { directory, name } = markerOf(each)
      if (!markers.has(directory + name)) throw new Error(`${path} exists and the marker of ${each} does not.`)
    }
  }
  await db.close()
  return { documents, markers, shards }
}

/** Every file with its bytes, for comparing a store before and after. */
export async function filesOf(store: BlobStore): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>()
  for await (const { key } of store.list('')) {
    const blob = await store.read(key)
    if (blob !== null && blob !== 'unchanged') files.set(key, blob.data)
  }
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** The directories that must have a marker for these documents to be listed, and no others. */
export function directoriesOf(paths: Iterable<string>): Set<string> {
  const directories = new Set<string>()
  for (const path of paths) {
    for (const each of markedDirectories(path.slice(0, path.lastIndexOf('/') + 1))) directories.add(each)
  }
  return directories
}

/** The names that `list` gives of a directory. */
export function namesIn(directory: string, paths: Iterable<string>): string[] {
  const names = new Set<string>()
  for (const path of paths) {
    if (!path.startsWith(directory)) continue
    const rest = path.slice(directory.length)
    const slash = rest.indexOf('/')
    names.add(slash === -1 ? rest : rest.slice(0, slash + 1))
  }
  return [...names].sort()
}

/** Paths in the order of `find`: sorted within each directory. */
export function sortedAsFound(directory: string, paths: readonly string[]): string[] {
  return namesIn(directory, paths).flatMap((name) => {
    const below = directory + name
    return name.endsWith('/')
      ? sortedAsFound(
          below,
          paths.filter((path) => path.startsWith(below)),
        )
      : [below]
  })
}
