import { type BlobStore, createMemoryStore } from '@vaultdb/core'

/** The content of a store at some moment: its files by key. */
export type Snapshot = ReadonlyMap<string, Uint8Array>

/** A store in the hands of somebody else. */
export interface EvilStore extends BlobStore {
  /** Shows this in a file's place from now on; `null` shows it as missing. */
  show(key: string, data: Uint8Array | null): void
  /** Shows this whole store from now on. */
  become(files: Snapshot): Promise<void>
  /** Shows what is truly there again. */
  relent(): void
  /** How many writes were sent. */
  readonly writes: number
}

let stores = 0

/** A new store with these files; none of its versions was ever given by another. */
export async function storeOf(files: Snapshot): Promise<BlobStore> {
  const inner = createMemoryStore()
  const tag = `${stores++}:`
  for (const [key, data] of files) await inner.write(key, data, null)
  const plain = (version: string): string => (version.startsWith(tag) ? version.slice(tag.length) : 'none')
  return {
    name: inner.name,
    capabilities: inner.capabilities,
    async read(key, { unlessVersion, ...options } = {}) {
      const unless = unlessVersion === undefined ? {} : { unlessVersion: plain(unlessVersion) }
      const blob = await inner.read(key, { ...options, ...unless })
      return blob === null || blob === 'unchanged' ? blob : { data: blob.data, version: tag + blob.version }
    },
    async write(key, data, expected, options) {
      return tag + (await inner.write(key, data, expected === null ? null : plain(expected), options))
    },
    delete: (key, expected, options) => inner.delete(key, plain(expected), options),
    list: (prefix, options) => inner.list(prefix, options),
  }
}

/** Puts somebody between a store and its clients who can show them whatever he has. */
export function createEvilStore(store: BlobStore): EvilStore {
  const shown = new Map<string, { readonly data: Uint8Array; readonly version: string } | null>()
  let current = store
  let shows = 0
  let writes = 0
  return {
    name: store.name,
    capabilities: store.capabilities,
    async read(key, options) {
      const blob = shown.get(key)
      if (blob === undefined) return await current.read(key, options)
      return blob !== null && blob.version === options?.unlessVersion ? 'unchanged' : blob
    },
    async write(key, data, expected, options) {
      writes++
      return await current.write(key, data, expected, options)
    },
    delete: (key, expected, options) => current.delete(key, expected, options),
    list: (prefix, options) => current.list(prefix, options),
    show(key, data) {
      shown.set(key, data === null ? null : { data, version: `shown ${shows++}` })
    },
    async become(files) {
      shown.clear()
      current = await storeOf(files)
    },
    relent() {
      shown.clear()
      current = store
    },
    get writes() {
      return writes
    },
  }
}
