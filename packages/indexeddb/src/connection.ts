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
 *
 * Never more than one transaction is under way. Where a worker ends that has several, WebKit may never free the connection, and
 * then the database answers nobody any more until the browser is closed (WebKit bug 324094).
 */
export class Connection {
  readonly #options: Required<IndexedDBStoreOptions>
  #opening: Promise<IDBDatabase> | undefined
  #database: IDBDatabase | undefined
  /** Resolves when the transactions have ended that were asked for so far. */
  #turn: Promise<unknown> | undefined
  /** The transaction that reads share while it waits for its turn. */
  #reading: Promise<IDBObjectStore> | undefined

  constructor(options: Required<IndexedDBStoreOptions>) {
    this.#options = options
  }

  /**
   * Hands over the object store of a transaction in its turn, and resolves to what `work` comes to; `ERR_UNAVAILABLE` if that
   * takes too long, of a change that had not begun with the word that it never will. What is given up, also by the signal, may
   * still be done if it had begun.
   *
   * If the connection turns out to be lost, it is opened again, once: for a transaction that could not begin, and for reading.
   * A write that was interrupted is not repeated: when a connection breaks, its transactions are reported as aborted although
   * one that was being committed may have been.
   */
  async use<T>(
    signal: AbortSignal | undefined,
    mode: IDBTransactionMode,
    work: (files: IDBObjectStore) => Promise<T>,
  ): Promise<T> {
    const { timeoutMs, runtime } = this.#options
    const over = new AbortController()
    signal?.addEventListener('abort', () => over.abort(signal.reason), { signal: over.signal })
    /** Of a change: `'no'` until it begins, and then nobody knows. */
    let applied: 'no' | undefined = mode === 'readwrite' ? 'no' : undefined
    const attempt = async (last: boolean): Promise<T> => {
      this.#opening ??= this.#open()
      const database = await this.#opening
      try {
        const files = await this.#begin(database, mode)
        over.signal.throwIfAborted()
        applied = undefined
        return await work(files)
      } catch (error) {
        if (over.signal.aborted || !INTERRUPTIONS.includes(exceptionName(error))) throw error
        this.#drop(database)
        if (last || (mode === 'readwrite' && !applied)) throw error
        return await attempt(true)
      }
    }
    const late = runtime.sleep(timeoutMs, over.signal).then(() => {
      throw new VaultError('ERR_UNAVAILABLE', 'Another tab uses this database: close it.', { applied })
    })
    try {
      return await Promise.race([attempt(false), late])
    } finally {
      over.abort()
    }
  }

  /** Transactions under way still end. */
  close(): void {
    this.#opening?.then((database) => database.close()).catch(() => undefined) // also one that opens after this
  }

  /** Begins a transaction when those before it have ended. Its first request has to follow before anything else is awaited. */
  #begin(database: IDBDatabase, mode: IDBTransactionMode): Promise<IDBObjectStore> {
    if (mode === 'readonly' && this.#reading !== undefined) return this.#reading
    const begun = Promise.resolve(this.#turn).then(() => {
      if (mode === 'readonly') this.#reading = undefined
      return database.transaction(FILES, mode, { durability: 'strict' }).objectStore(FILES)
    })
    this.#turn = begun.then(ending, () => undefined)
    if (mode === 'readonly') this.#reading = begun
    return begun
  }

  async #open(): Promise<IDBDatabase> {
    await null // so that what fails at once is forgotten after it was remembered
    try {
      const { indexedDB } = globalThis as { readonly indexedDB?: IDBFactory }
      if (!indexedDB) throw disabled()
      const request = indexedDB.open(this.#options.name, 1)
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
    if (this.#database === database) this.#database = this.#opening = this.#turn = this.#reading = undefined
  }
}

/** Resolves when a transaction has ended, one way or the other. */
function ending({ transaction }: IDBObjectStore): Promise<unknown> {
  return new Promise((resolve) => {
    transaction.addEventListener('complete', resolve)
    transaction.addEventListener('abort', resolve)
  })
}
