import { type Runtime, VaultError } from '@vaultdb/core'
import { promisifyRequest, type UseStore } from 'idb-keyval'
import { disabled, exceptionName, failure, isSwitchedOff } from './failures.ts'

/** The one object store: a key of the blob store to a `StoredFile`. */
const FILES = 'files'
/** An index whose keys are version and size, so that a listing reads no contents. */
export const DESCRIPTIONS = 'descriptions'

/** What requests end with when the browser has closed the connection under them; WebKit says `UnknownError`. */
const INTERRUPTIONS: ReadonlySet<string> = new Set(['AbortError', 'InvalidStateError', 'UnknownError'])

/**
 * The connection to the database, opened by the first request and again after it was lost. idb-keyval's own `createStore`
 * cannot ask for strict durability, gets in the way of deletions and upgrades by other tabs, and waits for ever behind theirs; so
 * this makes what its functions take as `customStore`.
 */
export class Connection {
  readonly #name: string
  readonly #openTimeoutMs: number
  readonly #runtime: Pick<Runtime, 'sleep'>
  #opening: Promise<IDBDatabase> | undefined
  #database: IDBDatabase | undefined

  constructor(name: string, openTimeoutMs: number, runtime: Pick<Runtime, 'sleep'>) {
    this.#name = name
    this.#openTimeoutMs = openTimeoutMs
    this.#runtime = runtime
  }

  /**
   * Begins a transaction and hands over its object store. If the connection turns out to be lost, it is opened again, once:
   * for a transaction that could not begin, and for reading. A write that was interrupted is not repeated: when a connection breaks,
   * its transactions are reported as aborted although one that was being committed may have been.
   */
  readonly use: UseStore = async (mode, callback) => {
    for (let last = false; ; last = true) {
      const database = this.#database ?? (await this.#opened())
      let files: IDBObjectStore
      try {
        files = database.transaction(FILES, mode, { durability: 'strict' }).objectStore(FILES)
      } catch (error) {
        this.#drop(database)
        if (last || exceptionName(error) !== 'InvalidStateError') throw error
        continue
      }
      try {
        return await callback(files)
      } catch (error) {
        const interrupted = INTERRUPTIONS.has(exceptionName(error))
        if (interrupted) this.#drop(database)
        if (last || !interrupted || mode !== 'readonly') throw error
      }
    }
  }

  /** Transactions under way still end. */
  close(): void {
    this.#database?.close()
    this.#opening?.then((database) => database.close()).catch(() => undefined) // also one that opens after this
  }

  /** The database, if it opens in time; if it opens later, it is there for the next request. */
  async #opened(): Promise<IDBDatabase> {
    this.#opening ??= this.#open()
    const answered = new AbortController()
    const late = this.#runtime.sleep(this.#openTimeoutMs, answered.signal).then((): never => {
      const message = `Database ${this.#name} does not open: another tab of this site keeps it. Close the others and try again.`
      throw new VaultError('ERR_UNAVAILABLE', message)
    })
    try {
      return await Promise.race([this.#opening, late])
    } finally {
      late.catch(() => undefined)
      answered.abort()
    }
  }

  async #open(): Promise<IDBDatabase> {
    try {
      const { indexedDB } = globalThis as { readonly indexedDB?: IDBFactory }
      if (!indexedDB) throw disabled()
      const request = indexedDB.open(this.#name, 1)
      request.onupgradeneeded = () => {
        request.result.createObjectStore(FILES).createIndex(DESCRIPTIONS, ['version', 'size'])
      }
      const database = await promisifyRequest(request)
      // Whoever deletes or upgrades the database waits until all others have let go of it.
      database.onversionchange = () => this.#drop(database)
      database.onclose = () => this.#drop(database)
      this.#database = database
      return database
    } catch (error) {
      this.#opening = undefined
      throw (await isSwitchedOff(error)) ? disabled(error) : failure(error, `open ${this.#name}`)
    }
  }

  #drop(database: IDBDatabase): void {
    database.close()
    if (this.#database !== database) return
    this.#database = undefined
    this.#opening = undefined
  }
}
