import type {
  BlobStore,
  ListedBlob,
  ReadOptions,
  RequestOptions,
  StoreCapabilities,
  StoredBlob,
  Unsubscribe,
  Version,
} from '@vaultdb/core'
import { assertBlobData, assertBlobKey, assertBlobPrefix, Lifetime, throwIfAborted } from '@vaultdb/core/adapter'
import { promisifyRequest } from 'idb-keyval'
import { Changes } from './changes.ts'
import { Connection } from './connection.ts'
import { failure } from './failures.ts'
import { change, listDescriptions, type StoredFile, toBlob } from './files.ts'
import { type IndexedDBStoreOptions, resolveOptions } from './options.ts'
import { persist } from './persistence.ts'

/** Random versions never come back, neither after a deletion nor after the browser has removed everything. */
const VERSION_BYTES = 16

class IndexedDBStore implements BlobStore {
  readonly name: string = 'indexeddb'
  readonly #options: Required<IndexedDBStoreOptions>
  readonly #connection: Connection
  readonly #changes: Changes
  readonly #lifetime: Lifetime = new Lifetime('The IndexedDB store')
  #mayAsk: boolean
  #persistent: NonNullable<StoreCapabilities['persistent']> = 'unknown'

  constructor(options: Required<IndexedDBStoreOptions>) {
    this.#options = options
    this.#mayAsk = options.persist
    this.#connection = new Connection(options)
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
      persistent: this.#persistent,
    }
  }

  async read(key: string, { signal, unlessVersion }: ReadOptions = {}): Promise<StoredBlob | 'unchanged' | null> {
    assertBlobKey(key)
    // As idb-keyval's `get` does, which however brings along all that makes its own connections.
    const value = await this.#send(signal, 'readonly', (files) => promisifyRequest<unknown>(files.get(key)))
    const blob = toBlob(value)
    return blob && blob.version === unlessVersion ? 'unchanged' : blob
  }

  async write(key: string, data: Uint8Array, expected: Version | null, options: RequestOptions = {}): Promise<Version> {
    assertBlobKey(key)
    assertBlobData(data)
    const version = this.#options.runtime.randomBytes(VERSION_BYTES).join('.')
    // A copy: the caller may go on changing `data`, and a view would be stored with all of the buffer behind it.
    await this.#change(key, expected, options, { version, size: data.length, data: new Uint8Array(data) })
    return version
  }

  async delete(key: string, expected: Version, options: RequestOptions = {}): Promise<void> {
    assertBlobKey(key)
    await this.#change(key, expected, options)
  }

  async *list(prefix: string, { signal }: RequestOptions = {}): AsyncGenerator<ListedBlob, void, undefined> {
    assertBlobPrefix(prefix)
    for (const file of await this.#send(signal, 'readonly', listDescriptions)) {
      throwIfAborted(signal)
      if (file.key.startsWith(prefix)) yield file
    }
  }

  watch(onChange: (key: string) => void): Unsubscribe {
    this.#lifetime.assertOpen()
    return this.#changes.watch(onChange)
  }

  async close(): Promise<void> {
    await this.#lifetime.end()
    this.#changes.close()
    this.#connection.close()
  }

  async #change(key: string, expected: Version | null, { signal }: RequestOptions, next?: StoredFile): Promise<void> {
    await this.#send(signal, 'readwrite', async (files) => {
      this.#askToPersist()
      await change(files, key, expected, next)
      this.#changes.announce(key)
    })
  }

  async #send<T>(
    signal: AbortSignal | undefined,
    mode: IDBTransactionMode,
    work: (files: IDBObjectStore) => Promise<T>,
  ): Promise<T> {
    return await this.#lifetime.run(signal, async () => {
      try {
        return await this.#connection.use(signal, mode, work)
      } catch (error) {
        if (mode === 'readonly') throwIfAborted(signal)
        throw failure(error, signal)
      }
    })
  }

  /** Once, at the first write; nobody waits for the answer. */
  #askToPersist(): void {
    if (!this.#mayAsk) return
    this.#mayAsk = false
    persist()?.then(
      (granted) => {
        if (granted !== undefined) this.#persistent = granted ? 'granted' : 'denied'
      },
      () => undefined,
    )
  }
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
