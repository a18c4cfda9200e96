import {
  assertBlobData,
  assertBlobKey,
  assertBlobPrefix,
  type BlobStore,
  type ListedBlob,
  type ReadOptions,
  type RequestOptions,
  type StoreCapabilities,
  type StoredBlob,
  type Unsubscribe,
  VaultError,
  type Version,
} from '@vaultdb/core'
import { get } from 'idb-keyval'
import { Changes } from './changes.ts'
import { Connection } from './connection.ts'
import { failure } from './failures.ts'
import { change, listDescriptions, type StoredFile, toFile } from './files.ts'
import { type IndexedDBStoreOptions, resolveOptions } from './options.ts'
import { Persistence } from './persistence.ts'

/** Random versions never come back, neither after a deletion nor after the browser has removed everything. */
const VERSION_BYTES = 16

class IndexedDBStore implements BlobStore {
  readonly name: string = 'indexeddb'
  readonly #options: Required<IndexedDBStoreOptions>
  readonly #connection: Connection
  readonly #changes: Changes
  readonly #persistence: Persistence = new Persistence()
  readonly #underWay: Set<Promise<unknown>> = new Set()
  #closed: boolean = false

  constructor(options: Required<IndexedDBStoreOptions>) {
    this.#options = options
    this.#connection = new Connection(options.name, options.openTimeoutMs, options.runtime)
    this.#changes = new Changes(options.name)
  }

  get capabilities(): StoreCapabilities {
    return {
      atomicCreate: true,
      atomicUpdate: true,
      atomicReads: true,
      conditionalDelete: true,
      trustworthyListings: true,
      crossProcess: true,
      durable: true,
      maxBlobBytes: null,
      persistent: this.#persistence.answer,
    }
  }

  async read(key: string, options: ReadOptions = {}): Promise<StoredBlob | 'unchanged' | null> {
    assertBlobKey(key)
    const file = await this.#send(`read file ${key}`, options, aborted, async () =>
      toFile(key, await get<unknown>(key, this.#connection.use)),
    )
    if (file === undefined) return null
    const { data, version } = file
    return version === options.unlessVersion ? 'unchanged' : { data, version }
  }

  async write(key: string, data: Uint8Array, expected: Version | null, options: RequestOptions = {}): Promise<Version> {
    assertBlobKey(key)
    assertBlobData(data)
    const random = this.#options.runtime.randomBytes(VERSION_BYTES)
    const version = Array.from(random, (byte) => byte.toString(16).padStart(2, '0')).join('')
    // A copy: the caller may go on changing `data`, and a view would be stored with all of the buffer behind it.
    await this.#change(key, expected, { version, size: data.length, data: new Uint8Array(data) }, options)
    return version
  }

  async delete(key: string, expected: Version, options: RequestOptions = {}): Promise<void> {
    assertBlobKey(key)
    await this.#change(key, expected, undefined, options)
  }

  async *list(prefix: string, options: RequestOptions = {}): AsyncGenerator<ListedBlob, void, undefined> {
    assertBlobPrefix(prefix)
    const files = await this.#send('list the files', options, aborted, () =>
      this.#connection.use('readonly', listDescriptions),
    )
    for (const file of files) {
      if (options.signal?.aborted) throw aborted(options.signal)
      if (file.key.startsWith(prefix)) yield file
    }
  }

  watch(onChange: (key: string) => void): Unsubscribe {
    this.#assertOpen()
    return this.#changes.watch(onChange)
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.allSettled(this.#underWay) // what was sent before is still done
    this.#changes.close()
    this.#connection.close()
  }

  async #change(
    key: string,
    expected: Version | null,
    next: StoredFile | undefined,
    options: RequestOptions,
  ): Promise<void> {
    await this.#send(`change file ${key}`, options, givenUp, async () => {
      if (this.#options.persist) this.#persistence.ask()
      await this.#connection.use('readwrite', (files) => change(files, key, expected, next, options.signal))
      this.#changes.announce(key)
    })
  }

  /** Rejects with `onAbort`'s error as soon as the signal is aborted; `close` waits for `work` all the same. */
  async #send<T>(
    doing: string,
    { signal }: RequestOptions,
    onAbort: (signal: AbortSignal) => VaultError,
    work: () => Promise<T>,
  ): Promise<T> {
    this.#assertOpen()
    if (signal?.aborted) throw aborted(signal)
    const answer = work()
    const ended: Promise<unknown> = answer.catch(() => undefined).then(() => this.#underWay.delete(ended))
    this.#underWay.add(ended)
    const stopListening = new AbortController()
    const abortion = new Promise<never>((_, reject) => {
      signal?.addEventListener('abort', () => reject(onAbort(signal)), { signal: stopListening.signal })
    })
    try {
      return await Promise.race([answer, abortion])
    } catch (error) {
      throw failure(error, doing)
    } finally {
      stopListening.abort()
    }
  }

  #assertOpen(): void {
    if (this.#closed) throw new VaultError('ERR_CLOSED', 'The IndexedDB store was closed. Create a new one.')
  }
}

function aborted({ reason }: AbortSignal): VaultError {
  return new VaultError('ERR_ABORTED', 'The operation was aborted by its signal.', { cause: reason })
}

function givenUp({ reason }: AbortSignal): VaultError {
  return new VaultError('ERR_UNAVAILABLE', 'The change was given up on its way.', { cause: reason })
}

/**
 * A blob store in IndexedDB, for pages, workers, service workers and extensions. Any number of tabs and workers of one origin may
 * use it at once: of those that race to replace a file exactly one wins, because a file is read, compared and
 * replaced in one transaction. The database is made by the first request.
 *
 * Requests reject with `ERR_QUOTA` (the browser has no more room for the site; nothing changed), `ERR_UNSUPPORTED` (no IndexedDB
 * here, or not for this page; a database or value of another program) and those that every store has.
 *
 * @param options See {@link IndexedDBStoreOptions}; an unknown one is a `TypeError`.
 * @example
 * ```ts no-run
 * import { VaultDB } from '@vaultdb/core'
 * import { createIndexedDBStore } from '@vaultdb/indexeddb'
 *
 * const db = await VaultDB.openOrCreate(createIndexedDBStore({ name: 'vault' }), { password })
 * ```
 */
export function createIndexedDBStore(options: IndexedDBStoreOptions): BlobStore {
  return new IndexedDBStore(resolveOptions(options))
}
