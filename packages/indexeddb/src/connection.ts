import { VaultError } from '@vaultdb/core'
import { promisifyRequest } from 'idb-keyval'
import { disabled, exceptionName } from './failures.ts'
import type { IndexedDBStoreOptions } from './options.ts'

/** The one object store: a key of the blob store to a `StoredFile`. */
const FILES = 'files'
/** An index whose keys are version and size, so that a listing reads no contents. */
export const DESCRIPTIONS = 'descriptions'

/** What requests end with when the browser has closed the connection under them; WebKit says `UnknownError`. */
const INTERRUPTIONS: readonly unknown[] = ['AbortError', 'InvalidStateError', 'UnknownError']

/**
 * The connection to the database, opened by the first request and again after it was lost. idb-keyval's own `createStore`
 * cannot ask for strict durability, gets in the way of deletions and upgrades by other tabs, and waits for ever behind theirs.
 */
export class Connection {
  readonly #options: Required<IndexedDBStoreOptions>
  #opening: Promise<IDBDatabase> | undefined
  #database: IDBDatabase | undefined

  constructor(options: Required<IndexedDBStoreOptions>) {
    this.#options = options
  }

  /**
   * Begins a transaction and hands over its object store. If the connection turns out to be lost, it is opened again, once:
   * for a transaction that could not begin, and for reading. A write that was interrupted is not repeated: when a connection breaks,
   * its transactions are reported as aborted although one that was being committed may have been.
   */
  async use<T>(
    signal: AbortSignal | undefined,
    mode: 'readonly' | 'readwrite',
    work: (files: IDBObjectStore) => Promise<T>,
  ): Promise<T> {
    for (let last = false; ; last = true) {
      const database = this.#database ?? (await this.#opened(signal))
      let begun = false
      try {
        const files = database.transaction(FILES, mode, { durability: 'strict' }).objectStore(FILES)
        begun = true
        return await work(files)
      } catch (error) {
        if (!INTERRUPTIONS.includes(exceptionName(error))) throw error
        this.#drop(database)
        if (last || (begun && mode !== 'readonly')) throw error
      }
    }
  }

  /** Transactions under way still end. */
  close(): void {
    this.#opening?.then((database) => database.close()).catch(() => undefined) // also one that opens after this
  }

  /** The database, if it opens in time; if it opens later, it is there for the next request. */
  async #opened(signal: AbortSignal | undefined): Promise<IDBDatabase> {
    const { name, openTimeoutMs, runtime } = this.#options
    this.#opening ??= this.#open(name)
    const answered = new AbortController()
    signal?.addEventListener('abort', () => answered.abort(signal.reason), { signal: answered.signal })
    const late = runtime.sleep(openTimeoutMs, answered.signal).then(() => {
      throw new VaultError('ERR_UNAVAILABLE', `Database ${name} does not open: close the other tabs.`)
    })
    try {
      return await Promise.race([this.#opening, late])
    } finally {
      answered.abort()
    }
  }

  async #open(name: string): Promise<IDBDatabase> {
    try {
      const { indexedDB } = globalThis as { readonly indexedDB?: IDBFactory }
      if (!indexedDB) throw disabled()
      const request = indexedDB.open(name, 1)
      request.onupgradeneeded = () => {
        request.result.createObjectStore(FILES).createIndex(DESCRIPTIONS, ['version', 'size'])
      }
      const database = await promisifyRequest(request)
      // Whoever deletes or upgrades the database waits until all others have let go of it.
      database.onversionchange = database.onclose = () => this.#drop(database)
      this.#database = database
      return database
    } catch (error) {
      this.#opening = undefined
      const exception = exceptionName(error)
      if (exception === 'InvalidStateError') throw disabled(error) // Firefox's word for storage that is switched off
      // Chromium's word for it, which may mean anything; its locks then fail by a name of their own (Web Locks API, section 3.2).
      if (exception === 'UnknownError') await (navigator as Partial<Navigator>).locks?.query()
      throw error
    }
  }

  #drop(database: IDBDatabase): void {
    database.close()
    if (this.#database === database) this.#database = this.#opening = undefined
  }
}
