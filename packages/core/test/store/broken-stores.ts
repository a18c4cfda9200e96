import { throwIfAborted, VaultError } from '../../src/errors.ts'
import type { BlobStore, ListedBlob, ReadOptions, StoredBlob, Version } from '../../src/store/contract.ts'
import { createMemoryStore } from '../../src/store/memory-store.ts'
import type { StoreLocation } from '../../src/testing/index.ts'

type ReadAnswer = StoredBlob | 'unchanged' | null

export const MAX_BLOB_BYTES: number = 2 * 1024 * 1024

/** A correct client of `place`, with a life and a size limit of its own: what the broken ones differ from. */
function createClient(place: BlobStore): Required<BlobStore> {
  let closed = false
  const check = (): void => {
    if (closed) throw new VaultError('ERR_CLOSED', 'Closed.')
  }
  return {
    name: 'client',
    capabilities: { ...place.capabilities, crossProcess: true, maxBlobBytes: MAX_BLOB_BYTES },
    async read(key, options) {
      check()
      return place.read(key, options)
    },
    async write(key, data, expected, options) {
      check()
      if (data.length > MAX_BLOB_BYTES) throw new VaultError('ERR_TOO_LARGE', 'Too large.')
      return place.write(key, data, expected, options)
    },
    async delete(key, expected, options) {
      check()
      return place.delete(key, expected, options)
    },
    async *list(prefix, options) {
      check()
      yield* place.list(prefix, options)
    },
    watch: (onChange) => place.watch?.(onChange) ?? (() => undefined),
    async close() {
      closed = true
    },
  }
}

/** What a broken store does otherwise. `client` and `place` are correct; `place` is shared by all clients, and never closed. */
type Break = (client: Required<BlobStore>, place: BlobStore) => Partial<BlobStore>

/** A location whose clients are all broken in the same way. */
export function brokenLocation(breakStore: Break): StoreLocation {
  const place = createMemoryStore()
  return {
    async open() {
      const client = createClient(place)
      return { ...client, ...breakStore(client, place) }
    },
  }
}

async function versionOf(store: BlobStore, key: string): Promise<Version | null> {
  const blob = await store.read(key)
  return blob === null || blob === 'unchanged' ? null : blob.version
}

async function ticks(count: number): Promise<void> {
  for (let tick = 0; tick < count; tick++) await Promise.resolve()
}

function conflict(): VaultError {
  return new VaultError('ERR_CONFLICT', 'Conflict.')
}

/** Replaces the content of what is read. */
function reading(client: BlobStore, change: (data: Uint8Array) => Uint8Array): Pick<BlobStore, 'read'> {
  return {
    async read(key, options) {
      const blob = await client.read(key, options)
      return blob === null || blob === 'unchanged' ? blob : { ...blob, data: change(blob.data) }
    },
  }
}

/** Replaces the content of what is written. */
function writing(client: BlobStore, change: (data: Uint8Array) => Uint8Array): Pick<BlobStore, 'write'> {
  return { write: (key, data, expected, options) => client.write(key, change(data), expected, options) }
}

/** Replaces keys on their way in. */
function renaming(client: BlobStore, rename: (key: string) => string): Partial<BlobStore> {
  return {
    read: (key, options) => client.read(rename(key), options),
    write: (key, data, expected, options) => client.write(rename(key), data, expected, options),
    delete: (key, expected, options) => client.delete(rename(key), expected, options),
  }
}

/** Replaces listings. */
function listing(
  client: BlobStore,
  change: (blobs: ListedBlob[], prefix: string) => ListedBlob[],
): Pick<BlobStore, 'list'> {
  return {
    async *list(prefix, options) {
      const blobs: ListedBlob[] = []
      for await (const blob of client.list(prefix, options)) blobs.push(blob)
      yield* change(blobs, prefix)
    },
  }
}

/** Checks the version, and writes or deletes in a later step. */
function checkThenAct(client: BlobStore, place: BlobStore): Partial<BlobStore> {
  const checked = async (key: string, expected: Version | null): Promise<Version | null> => {
    if ((await versionOf(client, key)) !== expected) throw conflict()
    await ticks(3)
    return versionOf(place, key)
  }
  return {
    async write(key, data, expected, options) {
      throwIfAborted(options?.signal)
      const now = await checked(key, expected)
      return place.write(key, data, now).catch(() => client.read(key).then(() => String(now)))
    },
    async delete(key, expected) {
      const now = await checked(key, expected)
      if (now !== null) await place.delete(key, now).catch(() => undefined)
    },
  }
}

/** Versions made from the content alone. */
function contentVersions(client: BlobStore): Partial<BlobStore> {
  const versionFrom = (data: Uint8Array): Version =>
    `sum-${data.reduce((sum, byte) => (sum * 31 + byte) >>> 0, data.length)}`
  const inner = async (key: string, expected: Version): Promise<Version> => {
    const blob = await client.read(key)
    if (blob === null || blob === 'unchanged' || versionFrom(blob.data) !== expected) throw conflict()
    return blob.version
  }
  return {
    async read(key, { unlessVersion } = {}) {
      const blob = await client.read(key)
      if (blob === null || blob === 'unchanged') return blob
      const version = versionFrom(blob.data)
      return version === unlessVersion ? 'unchanged' : { ...blob, version }
    },
    async write(key, data, expected) {
      await client.write(key, data, expected === null ? null : await inner(key, expected))
      return versionFrom(data)
    },
    async delete(key, expected) {
      await client.delete(key, await inner(key, expected))
    },
  }
}

/** Versions that count from 1 in each life of a file. */
function restartingVersions(client: BlobStore): Partial<BlobStore> {
  const counts = new Map<string, number>()
  const inner = async (key: string, expected: Version | null): Promise<Version | null> => {
    if ((counts.get(key)?.toString() ?? null) !== expected) throw conflict()
    return versionOf(client, key)
  }
  return {
    async read(key) {
      const blob = await client.read(key)
      return blob === null || blob === 'unchanged' ? blob : { ...blob, version: String(counts.get(key)) }
    },
    async write(key, data, expected) {
      await client.write(key, data, await inner(key, expected))
      const count = (counts.get(key) ?? 0) + 1
      counts.set(key, count)
      return String(count)
    },
    async delete(key, expected) {
      await client.delete(key, (await inner(key, expected)) ?? '')
      counts.delete(key)
    },
  }
}

/** Keeps the very arrays, going in or coming out. */
function aliasing(client: BlobStore, direction: 'in' | 'out'): Partial<BlobStore> {
  const kept = new Map<string, Uint8Array>()
  return {
    async read(key, options) {
      const blob = await client.read(key, options)
      if (blob === null || blob === 'unchanged') return blob
      const data = kept.get(blob.version) ?? blob.data
      if (direction === 'out') kept.set(blob.version, data)
      return { ...blob, data }
    },
    async write(key, data, expected, options) {
      const version = await client.write(key, data, expected, options)
      if (direction === 'in') kept.set(version, data)
      return version
    },
  }
}

/** A write first stores half of the content, then all of it. */
function tornReads(client: BlobStore, place: BlobStore): Partial<BlobStore> {
  return {
    async write(key, data, expected, options) {
      const half = await client.write(key, data.subarray(0, data.length >> 1), expected, options)
      await ticks(20)
      return place.write(key, data, half)
    },
  }
}

/** Answers from what this client saw first. */
function staleReads(client: BlobStore): Partial<BlobStore> {
  const seen = new Map<string, ReadAnswer>()
  return {
    async read(key: string, options?: ReadOptions) {
      const cached = seen.get(key)
      if (cached !== undefined) return cached
      const blob = await client.read(key, options)
      seen.set(key, blob)
      return blob
    },
    async write(key, data, expected, options) {
      const version = await client.write(key, data, expected, options)
      seen.delete(key)
      return version
    },
  }
}

/** A store that breaks one promise, and the name of a case that must notice. */
export interface BrokenStore {
  readonly name: string
  readonly noticedBy: string
  readonly breakStore: Break
}

export const BROKEN_STORES: readonly BrokenStore[] = [
  {
    name: 'checks, then writes',
    noticedBy: 'of racing creators exactly one wins',
    breakStore: checkThenAct,
  },
  {
    name: 'checks, then updates',
    noticedBy: 'of racing updaters exactly one wins',
    breakStore: checkThenAct,
  },
  {
    name: 'checks, then deletes',
    noticedBy: 'of racing deleters and updaters exactly one wins',
    breakStore: checkThenAct,
  },
  {
    name: 'makes versions from contents',
    noticedBy: 'every write makes a new version, also with equal content',
    breakStore: contentVersions,
  },
  {
    name: 'counts versions from 1 after a deletion',
    noticedBy: 'versions do not repeat after a file was deleted and created again',
    breakStore: restartingVersions,
  },
  {
    name: 'takes a version from before a deletion',
    noticedBy: 'a version from before a deletion is a conflict after it',
    breakStore: restartingVersions,
  },
  {
    name: 'keeps the array that was written',
    noticedBy: 'changing the input after a write changes no file',
    breakStore: (client) => aliasing(client, 'in'),
  },
  {
    name: 'hands out the array it keeps',
    noticedBy: 'changing what was read changes no file',
    breakStore: (client) => aliasing(client, 'out'),
  },
  {
    name: 'truncates at 64 KiB',
    noticedBy: 'a file of 1 MiB is read back',
    breakStore: (client) => writing(client, (data) => data.subarray(0, 65_536)),
  },
  {
    name: 'takes an empty file for none',
    noticedBy: 'an empty file is read back, and is not absent',
    breakStore: (client) => ({
      async read(key, options) {
        const blob = await client.read(key, options)
        return blob !== null && blob !== 'unchanged' && blob.data.length === 0 ? null : blob
      },
    }),
  },
  {
    name: 'takes an absent file for an empty one',
    noticedBy: 'an absent file is read as null',
    breakStore: (client) => ({
      read: async (key, options) => (await client.read(key, options)) ?? { data: new Uint8Array(0), version: '0' },
    }),
  },
  {
    name: 'strips the highest bit',
    noticedBy: 'a file of one byte is read back',
    breakStore: (client) => reading(client, (data) => data.map((byte) => byte & 0x7f)),
  },
  {
    name: 'takes bytes for UTF-8',
    noticedBy: 'every byte value is read back',
    breakStore: (client) => reading(client, (data) => new TextEncoder().encode(new TextDecoder().decode(data))),
  },
  {
    name: 'leaves the tail of a longer file',
    noticedBy: 'a file may shrink and grow',
    breakStore: (client, place) => ({
      async write(key, data, expected, options) {
        const old = expected === null ? null : await place.read(key)
        const tail = old === null || old === 'unchanged' ? new Uint8Array(0) : old.data.subarray(data.length)
        return client.write(key, Uint8Array.of(...data, ...tail), expected, options)
      },
    }),
  },
  {
    name: 'stores the buffer behind a view',
    noticedBy: 'a view into a larger buffer is stored as what the view shows',
    breakStore: (client) => writing(client, (data) => new Uint8Array(data.buffer)),
  },
  {
    name: 'takes "_" for "-"',
    noticedBy: 'every key of the contract names a file of its own',
    breakStore: (client) => renaming(client, (key) => key.replaceAll('_', '-')),
  },
  {
    name: 'folds case',
    noticedBy: 'names that differ in case only are different files',
    breakStore: (client) => renaming(client, (key) => key.toLowerCase()),
  },
  {
    name: 'takes any key',
    noticedBy: 'other keys are a TypeError',
    breakStore: (client) => renaming(client, (key) => key.replaceAll(/[^A-Za-z0-9_/-]/g, '_')),
  },
  {
    name: 'shortens names',
    noticedBy: '200 files keep their contents apart',
    breakStore: (client) => renaming(client, (key) => key.replace(/^(shards\/\d\d)\d$/, '$1')),
  },
  {
    name: 'overwrites when it should create',
    noticedBy: 'creating a file that exists is a conflict and changes nothing',
    breakStore: (client, place) => ({
      write: async (key, data, expected, options) =>
        client.write(key, data, expected ?? (await versionOf(place, key)), options),
    }),
  },
  {
    name: 'reports the version before the write',
    noticedBy: 'a write with the current version replaces the file',
    breakStore: (client) => ({
      write: async (key, data, expected, options) => {
        const version = await client.write(key, data, expected, options)
        return expected ?? version
      },
    }),
  },
  {
    name: 'lets the last writer win',
    noticedBy: 'a write with an older version is a conflict and changes nothing',
    breakStore: (client, place) => ({
      write: async (key, data, expected, options) =>
        client.write(key, data, expected && (await versionOf(place, key)), options),
    }),
  },
  {
    name: 'checks only that some version is expected',
    noticedBy: 'a write with a version of another file, or of none, is a conflict',
    breakStore: (client, place) => ({
      write: async (key, data, expected, options) =>
        client.write(key, data, expected === null ? null : await versionOf(place, key), options),
    }),
  },
  {
    name: 'creates when it should update',
    noticedBy: 'an update of an absent file is a conflict and creates nothing',
    breakStore: (client, place) => ({
      write: async (key, data, expected, options) =>
        client.write(key, data, (await versionOf(place, key)) === null ? null : expected, options),
    }),
  },
  {
    name: 'always answers with a body',
    noticedBy: "`unlessVersion` answers 'unchanged' for the current version only",
    breakStore: (client) => ({
      read: (key, { signal } = {}) => client.read(key, signal === undefined ? {} : { signal }),
    }),
  },
  {
    name: 'deletes nothing',
    noticedBy: 'a deleted file is absent',
    breakStore: (client) => ({
      async delete(key, expected) {
        if ((await versionOf(client, key)) !== expected) throw conflict()
      },
    }),
  },
  {
    name: 'deletes any version',
    noticedBy: 'a deletion with another version is a conflict and deletes nothing',
    breakStore: (client, place) => ({
      delete: async (key, expected, options) => client.delete(key, (await versionOf(place, key)) ?? expected, options),
    }),
  },
  {
    name: 'is content when there is nothing to delete',
    noticedBy: 'a deletion of an absent file is a conflict',
    breakStore: (client, place) => ({
      async delete(key, expected, options) {
        if ((await versionOf(place, key)) !== null) await client.delete(key, expected, options)
      },
    }),
  },
  {
    name: 'caches in each client',
    noticedBy: 'two clients see what the other wrote',
    breakStore: staleReads,
  },
  {
    name: 'answers reads from a cache',
    noticedBy: 'an acknowledged write is seen by every later read',
    breakStore: staleReads,
  },
  {
    name: 'shows half a file while writing',
    noticedBy: 'readers never see a torn file while others write',
    breakStore: tornReads,
  },
  {
    name: 'lists everything',
    noticedBy: 'a listing names only keys with the prefix, each once',
    breakStore: (client) => ({ list: (_, options) => client.list('', options) }),
  },
  {
    name: 'lists by whole segments',
    noticedBy: 'a listing names exactly the files there are',
    breakStore: (client) =>
      listing(client, (blobs, prefix) =>
        blobs.filter(({ key }) => prefix === '' || prefix.endsWith('/') || key === prefix),
      ),
  },
  {
    name: 'lists sizes of sealed files',
    noticedBy: 'a listing gives current versions and sizes, where it gives any',
    breakStore: (client) => listing(client, (blobs) => blobs.map((blob) => ({ ...blob, size: (blob.size ?? 0) + 16 }))),
  },
  {
    name: 'lists the first page',
    noticedBy: 'a listing names 200 files',
    breakStore: (client) => listing(client, (blobs) => blobs.slice(0, 100)),
  },
  {
    name: 'does not survive a listing that was left',
    noticedBy: 'a listing may be left before its end',
    breakStore: (client) => {
      let left = false
      return {
        async *list(prefix, options) {
          left = true
          yield* client.list(prefix, options)
          left = false
        },
        async read(key, options) {
          if (left) throw new VaultError('ERR_UNAVAILABLE', 'The connection is busy.')
          return client.read(key, options)
        },
      }
    },
  },
  {
    name: 'lists any folder',
    noticedBy: 'a prefix that no key begins with is a TypeError',
    breakStore: (client) => ({
      list: (prefix, options) => client.list(/^[\w/-]*$/.test(prefix) ? prefix : '', options),
    }),
  },
  {
    name: 'does not say how large a file may be',
    noticedBy: 'what the store says of itself is complete',
    breakStore: (client) => ({ capabilities: { ...client.capabilities, maxBlobBytes: Number.POSITIVE_INFINITY } }),
  },
  {
    name: 'sends requests with an aborted signal',
    noticedBy: 'a request with an aborted signal is not sent',
    breakStore: (client) => ({ write: (key, data, expected) => client.write(key, data, expected) }),
  },
  {
    name: 'calls a write given up not sent',
    noticedBy: 'a write given up on its way says truly what became of it',
    breakStore: (client) => ({
      async write(key, data, expected, options) {
        const version = await client.write(key, data, expected, options)
        throwIfAborted(options?.signal)
        return version
      },
    }),
  },
  {
    name: 'cuts off what is too large',
    noticedBy: 'a file that is too large is refused, and nothing is stored',
    breakStore: (client) => writing(client, (data) => data.subarray(0, MAX_BLOB_BYTES)),
  },
  {
    name: 'cannot end a watch',
    noticedBy: 'a watch names keys, and nothing once it was ended',
    breakStore: (client) => ({
      watch(onChange) {
        client.watch(onChange)
        return () => undefined
      },
    }),
  },
  {
    name: 'goes on after it was closed',
    noticedBy: 'a closed store refuses everything, and may be closed again',
    breakStore: () => ({ close: async () => undefined }),
  },
  {
    name: 'closes all clients at once',
    noticedBy: 'closing one client leaves the files and the other clients alone',
    breakStore: (client, place) => ({
      async close() {
        await client.close()
        await place.close?.()
      },
    }),
  },
]
