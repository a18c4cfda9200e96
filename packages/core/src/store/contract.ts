/** A blob store's opaque token for one state of one file (an ETag, a rev, a counter). Compare only for equality. */
export type Version = string

/** A file as it was read: its whole content and the version to hand back when replacing it. */
export interface StoredBlob {
  readonly data: Uint8Array
  readonly version: Version
}

/** What a blob store can and cannot do; the conformance suite and the engine skip or adapt by these, never by name. */
export interface StoreCapabilities {
  /** `write(key, data, null)` is atomic: of any number of racing creators exactly one wins. */
  readonly atomicCreate: boolean
  /** `write(key, data, version)` is atomic: of any number of racing writers with one version exactly one wins. */
  readonly atomicUpdate: boolean
  /** A read never shows a half-written, truncated or briefly absent file while a write is under way. */
  readonly atomicReads: boolean
  /** `delete` removes the file only if it still has the expected version. */
  readonly conditionalDelete: boolean
  /** `list` names exactly the files that exist when it begins and is not changed meanwhile, with their current versions. */
  readonly trustworthyListings: boolean
  /**
   * A version never comes back: neither for equal content written again nor for a file deleted and made anew. Absent means that it
   * is so. Where it is `false` a version is a fingerprint of the content: equal versions of a file mean equal bytes.
   */
  readonly uniqueVersions?: boolean
  /** Other processes and machines see the writes. `false` for a store that lives in one process. */
  readonly crossProcess: boolean
  /** What was acknowledged survives a crash of the process and of the machine. */
  readonly durable: boolean
  /** The largest file the store takes, in bytes; `null` where no limit is known. */
  readonly maxBlobBytes: number | null
  /**
   * Where the platform may remove what is stored when room runs short (browsers): whether it has promised not to. `'unknown'`
   * until it has answered, so read it later again; absent where nothing is removed unasked.
   */
  readonly persistent?: 'granted' | 'denied' | 'unknown'
}

/** Options of every request to a store. */
export interface RequestOptions {
  /**
   * Gives the request up. Already aborted when the method is called: `ERR_ABORTED`, and nothing was sent. Aborted later: reads and
   * listings reject with `ERR_ABORTED`; a write or deletion, which may still be applied, with `ERR_UNAVAILABLE`. An answer that
   * is there already may be given all the same.
   */
  readonly signal?: AbortSignal | undefined
}

/** Options of {@link BlobStore.read}. */
export interface ReadOptions extends RequestOptions {
  /** Answer `'unchanged'`, without a body, if the file still has this version. */
  readonly unlessVersion?: Version | undefined
}

/** One file in a listing. */
export interface ListedBlob {
  readonly key: string
  /** Its current version, where the store tells. */
  readonly version?: Version
  /** Its length in bytes, where the store tells. */
  readonly size?: number
}

/** Ends a watch. */
export type Unsubscribe = () => void

/**
 * A place that reads whole files and replaces a whole file only if it is still the version that was read
 * (compare-and-swap). Keys are `vault` and `shards/<id>`: segments of `[A-Za-z0-9_-]` joined by `/`, at most 100 characters;
 * an adapter puts them below a prefix or folder of its own.
 *
 * Every method rejects with a `VaultError`: `ERR_CONFLICT`, `ERR_UNAVAILABLE`, `ERR_UNAUTHORIZED`, `ERR_QUOTA`,
 * `ERR_TOO_LARGE`, or, before anything was sent, `ERR_UNSUPPORTED` (this place cannot hold a vault), `ERR_FORK` (two histories
 * lie side by side, as a sync service leaves them) and `ERR_CLOSED`. Adapters never retry a write themselves.
 */
export interface BlobStore {
  /** A short name for messages: `"fs"`, `"s3"`. */
  readonly name: string
  /** Ask each time: a store may learn some of them from its first requests. */
  readonly capabilities: StoreCapabilities
  /** The file; `null` only for an absence that the store states; `'unchanged'` only if `unlessVersion` was given and matches. */
  read(key: string, options?: ReadOptions): Promise<StoredBlob | 'unchanged' | null>
  /**
   * Replaces the file if its version is `expected`, creates it if `expected` is `null` and it does not exist; resolves to the
   * new version. `ERR_CONFLICT`: definitely not applied. `ERR_UNAVAILABLE`: may or may not have been applied, or may be later
   * (with `retryAfterMs` where the store tells); with `applied: 'no'` this call sent nothing. `ERR_UNAUTHORIZED`, `ERR_QUOTA`,
   * `ERR_TOO_LARGE`, `ERR_UNSUPPORTED`: refused, not applied.
   */
  write(key: string, data: Uint8Array, expected: Version | null, options?: RequestOptions): Promise<Version>
  /** Removes the file if its version is `expected`, else `ERR_CONFLICT` (also when it is absent). */
  delete(key: string, expected: Version, options?: RequestOptions): Promise<void>
  /** The files whose keys begin with `prefix` (the beginning of a key; `''` for all), each once, in any order. Rejects while iterated. */
  list(prefix: string, options?: RequestOptions): AsyncIterable<ListedBlob>
  /** Calls back when a file may have changed: a hint that may be missing or repeated. */
  watch?(onChange: (key: string) => void): Unsubscribe
  /** Lets go of connections and handles. Later calls reject with `ERR_CLOSED`; closing again does nothing. */
  close?(): Promise<void>
}

/** Answers of {@link BlobStore.write} after which the file is certainly as it was, if nothing was sent before. */
export const REFUSALS: ReadonlySet<string> = new Set([
  'ERR_CLOSED',
  'ERR_FORK',
  'ERR_QUOTA',
  'ERR_TOO_LARGE',
  'ERR_UNAUTHORIZED',
  'ERR_UNSUPPORTED',
])

const KEY = /^[A-Za-z0-9_-]+(\/[A-Za-z0-9_-]+)*$/

/** Whether `key` is one that the contract allows. */
export function isBlobKey(key: unknown): key is string {
  return typeof key === 'string' && key.length <= 100 && KEY.test(key)
}

/** Throws a `TypeError` unless `key` is one that the contract allows. */
export function assertBlobKey(key: string): void {
  if (!isBlobKey(key)) {
    throw new TypeError('A blob key is made of segments of A-Z a-z 0-9 _ - joined by "/", at most 100 characters.')
  }
}

const PREFIX = /^([A-Za-z0-9_-]+(\/[A-Za-z0-9_-]+)*\/?)?$/

/** Throws a `TypeError` unless `prefix` is empty or the beginning of a key that the contract allows. */
export function assertBlobPrefix(prefix: string): void {
  if (typeof prefix !== 'string' || prefix.length > 100 || !PREFIX.test(prefix)) {
    throw new TypeError(
      'A prefix of blob keys is empty, or the beginning of a key: segments of A-Z a-z 0-9 _ - joined by "/".',
    )
  }
}

/** Throws a `TypeError` unless `data` is a `Uint8Array`. */
export function assertBlobData(data: Uint8Array): void {
  if (!(data instanceof Uint8Array)) throw new TypeError('The content of a blob must be a Uint8Array.')
}
