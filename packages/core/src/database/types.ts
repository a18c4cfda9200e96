import type { KdfOptions } from '../crypto/kdf.ts'
import type { Compression } from '../format/model.ts'
import type { Runtime } from '../runtime.ts'
import type { Witness } from '../vault/witness.ts'

/** A password, or 32 raw bytes that need no key derivation. Exactly one of the two. */
export type Credentials =
  | { readonly password: string; readonly key?: never }
  | { readonly key: Uint8Array; readonly password?: never }

/** How far a long operation has come. */
export interface Progress {
  /** What is being done. */
  readonly phase: 'derive-key' | 'read' | 'write'
  /** Units done so far: 0 or 1 for `derive-key`, files for `read`, documents for `write`. */
  readonly done: number
  /** Units in all, as far as known by now. */
  readonly total: number
}

/** Options of every operation. */
export interface OperationOptions {
  /**
   * Gives the operation up: it rejects with `ERR_ABORTED`, or with `ERR_OUTCOME_UNKNOWN` once its write was sent; it resolves
   * if all that counts was done by then.
   */
  readonly signal?: AbortSignal
}

/** Options of operations that read. */
export interface ReadOperationOptions extends OperationOptions {
  /**
   * Data confirmed no longer ago than this may be answered without asking the store. Milliseconds from 0, `Infinity`
   * included; default that of `open` (0).
   */
  readonly maxAgeMs?: number
}

/** Options of operations that touch many documents. */
export interface LongOperationOptions extends OperationOptions {
  /**
   * Called as the work advances. If it throws, the operation rejects with what it threw; of a write, what was applied by then
   * stays applied.
   */
  readonly onProgress?: (progress: Progress) => void
}

/** Options of `find` and `entries`. */
export interface FindOptions extends ReadOperationOptions, LongOperationOptions {}

/** How failing requests are retried. */
export interface RetryOptions {
  /** How often a read, or one attempt at a write, is sent at most. 1 to 100, default 5. */
  readonly requestAttempts?: number
  /**
   * How often an operation is attempted at most when other clients' writes get in its way, before `ERR_CONTENTION`. 1 to 1,000,
   * default 30.
   */
  readonly conflictAttempts?: number
  /**
   * The longest wait between two attempts, in milliseconds. 1 to 600,000, default 10,000. A store that asks for a longer one is
   * not waited for.
   */
  readonly maxDelayMs?: number
}

/** Options of `VaultDB.open`, beside the credentials. */
export interface OpenOptions extends LongOperationOptions {
  /**
   * What this device remembers of the vault, to notice a store that goes back in time. Default: what this
   * database object sees itself, forgotten when it is closed.
   */
  readonly witness?: Witness
  /** Default of `maxAgeMs` for reads. Milliseconds from 0, `Infinity` included; default 0: every read asks the store. */
  readonly maxAgeMs?: number
  /** How failing requests are retried; each member has a default of its own. */
  readonly retry?: RetryOptions
  /** Clock, randomness, timers and native primitives. Default: the platform's. */
  readonly runtime?: Runtime
  /** Work without WebCrypto, on a plain-http page. Whoever can alter that page can read everything. Default false. */
  readonly allowInsecureContext?: boolean
}

/** Options of `VaultDB.create`, beside the credentials. */
export interface CreateOptions extends OpenOptions {
  /** How the password becomes a key; of no effect with a raw key. Default Argon2id, 64 MiB, 3 passes, 4 lanes (RFC 9106, section 4, second recommendation). */
  readonly kdf?: KdfOptions
  /** Default `'none'`: compression makes file sizes depend on content; see the threat model before turning it on. */
  readonly compression?: Compression
  /** Items of a shard, as JSON, beyond which it is split. Bytes, 1,024 to 16 MiB, default 65,536. */
  readonly shardBytes?: number
  /** Largest document, as JSON. Bytes, 1,024 to 32 MiB, default 1 MiB. */
  readonly maxDocumentBytes?: number
}

/** One operation of {@link DocumentStore.write}. */
export type WriteOperation =
  | { readonly put: string; readonly value: unknown; readonly remove?: never }
  | { readonly remove: string; readonly put?: never }

/** What one operation of {@link DocumentStore.write} did. */
export type WriteResult = 'created' | 'replaced' | 'unchanged' | 'removed' | 'absent'

/**
 * Results of a search. Nothing is asked of the store until somebody iterates or calls `toArray`; then all are fetched before the
 * first is given out, anew each time.
 */
export interface AsyncResults<T> extends AsyncIterable<T> {
  /** All results at once. */
  toArray(): Promise<T[]>
}

/**
 * The operations on documents, the same on a database and inside a task. Document paths look like `/bob/notes`,
 * directory paths end in `/`; a path has at most 1,024 bytes in UTF-8.
 *
 * All reject with `ERR_INVALID_PATH`, `ERR_CLOSED`, `ERR_ABORTED`, `ERR_UNAVAILABLE`, `ERR_UNAUTHORIZED`, `ERR_CORRUPT`,
 * `ERR_ROLLBACK` and `ERR_FORK`, and with a `TypeError` for wrong arguments and options. Those that write also with
 * `ERR_CONTENTION`, `ERR_OUTCOME_UNKNOWN`, `ERR_QUOTA` and `ERR_TOO_LARGE`; `applied` then tells what was done.
 */
export interface DocumentStore {
  /** A copy of the document, or `null` where there is none. */
  get<T = unknown>(path: string, options?: ReadOperationOptions): Promise<T | null>
  /**
   * Replaces the document. `null` removes it. `TypeError`, which names the place, for a value that JSON cannot hold;
   * `ERR_TOO_LARGE` beyond the vault's `maxDocumentBytes`.
   */
  put(path: string, value: unknown, options?: OperationOptions): Promise<void>
  /**
   * Changes a document atomically. `change` gets a copy (or `null`) and returns the new document (or `null` to remove it);
   * it may be asynchronous, and runs again when somebody else changed the document meanwhile. Resolves to a copy of what landed.
   * What `change` throws is passed on; nothing is applied then. Returning `undefined` is a `TypeError`.
   */
  update<T = unknown>(
    path: string,
    change: (document: T | null) => T | null | Promise<T | null>,
    options?: OperationOptions,
  ): Promise<T | null>
  /** Removes a document; resolves to whether it was there. */
  remove(path: string, options?: OperationOptions): Promise<boolean>
  /** Names in a directory, sorted by code unit; those of subdirectories end in `/`. Empty when there is nothing. */
  list(directory: string, options?: ReadOperationOptions): Promise<string[]>
  /**
   * Paths of all documents below a directory, sorted within each directory. Not a snapshot. Throws `ERR_INVALID_PATH`
   * and `TypeError` at once, before anything is iterated.
   */
  find(directory: string, options?: FindOptions): AsyncResults<string>
  /** Like {@link find}, with a copy of each document. */
  entries<T = unknown>(directory: string, options?: FindOptions): AsyncResults<[path: string, document: T]>
  /**
   * Removes everything below a directory; resolves to the number of documents removed. Not a transaction: it may be seen half
   * done, and where it fails `applied` may be `'some'`.
   */
  prune(directory: string, options?: LongOperationOptions): Promise<number>
  /**
   * Many puts and removes, planned together. A path named twice is a `TypeError`. Not a transaction: each file's part is atomic.
   * On failure the error's `results` hold one result or error for each operation.
   */
  write(operations: readonly WriteOperation[], options?: LongOperationOptions): Promise<WriteResult[]>
}

/** A run of operations that share what they read; see `VaultDB.task`. */
export interface Task extends DocumentStore {
  /** Reads the whole vault at once, so that later reads of this task ask the store nothing. */
  preload(options?: FindOptions): Promise<void>
}
