import {
  type BlobStore,
  type ListedBlob,
  type ReadOptions,
  type RequestOptions,
  type Runtime,
  type StoreCapabilities,
  type StoredBlob,
  type Unsubscribe,
  VaultError,
  type Version,
} from '@vaultdb/core'
import {
  assertBlobData,
  assertBlobKey,
  assertBlobPrefix,
  conflictError,
  isBlobKey,
  Lifetime,
  throwIfAborted,
} from '@vaultdb/core/adapter'
import { toBase64 } from './base64.ts'
import { announce, watchChanges } from './changes.ts'
import { parseEntry, versionIn } from './entry.ts'
import { failure } from './failures.ts'
import { type LocalStorageStoreOptions, resolveOptions } from './options.ts'
import { Order } from './order.ts'
import { pageStorage } from './page.ts'

/** 4 Mi characters in base64, of the 5 Mi that browsers give a site. */
const MAX_BLOB_BYTES = 3 * 1024 * 1024
/** Numbers may begin anew after the browser has removed everything; random bytes do not come back even then. */
const TOKEN_BYTES = 9

const CAPABILITIES: StoreCapabilities = {
  atomicCreate: true,
  atomicUpdate: true,
  atomicReads: true,
  conditionalDelete: true,
  trustworthyListings: true,
  crossProcess: true,
  durable: false, // browsers write to the disk some seconds later
  maxBlobBytes: MAX_BLOB_BYTES,
}

class LocalStorageStore implements BlobStore {
  readonly name: string = 'localstorage'
  readonly capabilities: StoreCapabilities = CAPABILITIES
  readonly #prefix: string
  readonly #runtime: Pick<Runtime, 'randomBytes'>
  readonly #order: Order
  readonly #lifetime: Lifetime = new Lifetime('The localStorage store')
  readonly #watches: Set<Unsubscribe> = new Set()

  constructor({ prefix, runtime }: Required<LocalStorageStoreOptions>) {
    this.#prefix = `${prefix}:`
    this.#runtime = runtime
    this.#order = new Order(prefix, runtime)
  }

  async read(key: string, { signal, unlessVersion }: ReadOptions = {}): Promise<StoredBlob | 'unchanged' | null> {
    assertBlobKey(key)
    const blob = await this.#read(signal, (storage) => parseEntry(storage.getItem(this.#prefix + key)))
    return blob && blob.version === unlessVersion ? 'unchanged' : blob
  }

  async write(key: string, data: Uint8Array, expected: Version | null, options: RequestOptions = {}): Promise<Version> {
    assertBlobKey(key)
    assertBlobData(data)
    return await this.#change(key, expected, options, data)
  }

  async delete(key: string, expected: Version, options: RequestOptions = {}): Promise<void> {
    assertBlobKey(key)
    await this.#change(key, expected, options)
  }

  async *list(prefix: string, { signal }: RequestOptions = {}): AsyncGenerator<ListedBlob, void, undefined> {
    assertBlobPrefix(prefix)
    const begin = this.#prefix + prefix
    for (const [entry, text] of await this.#read(signal, (storage) => Object.entries<string>(storage))) {
      throwIfAborted(signal)
      const key = entry.slice(this.#prefix.length)
      if (entry.startsWith(begin) && isBlobKey(key)) yield { key, ...versionIn(text) }
    }
  }

  watch(onChange: (key: string) => void): Unsubscribe {
    this.#lifetime.assertOpen()
    const stop = watchChanges(this.#prefix, onChange)
    this.#watches.add(stop)
    return () => {
      this.#watches.delete(stop)
      stop()
    }
  }

  async close(): Promise<void> {
    for (const stop of this.#watches) stop()
    await this.#lifetime.end()
  }

  async #read<T>(signal: AbortSignal | undefined, look: (storage: Storage) => T): Promise<T> {
    try {
      return await this.#send(signal, async () => {
        const storage = pageStorage()
        await this.#order.caughtUp(storage)
        return look(storage)
      })
    } finally {
      throwIfAborted(signal)
    }
  }

  async #change(
    key: string,
    expected: Version | null,
    { signal }: RequestOptions,
    data?: Uint8Array,
  ): Promise<Version> {
    return await this.#send(signal, async () => {
      if (data && data.length > MAX_BLOB_BYTES)
        throw new VaultError('ERR_TOO_LARGE', 'localStorage takes 3 MiB a file.')
      const storage = pageStorage()
      const base64 = data && toBase64(data) // now: the caller may go on changing `data`
      const token = toBase64(this.#runtime.randomBytes(TOKEN_BYTES))
      return await this.#order.alone(storage, signal, async (number) => {
        const entry = this.#prefix + key
        if ((parseEntry(storage.getItem(entry))?.version ?? null) !== expected) {
          throw conflictError(key)
        }
        const version = `${number}.${token}`
        const next = base64 === undefined ? null : `${version}:${base64}`
        // Either replaces the entry or throws and leaves it as it was (HTML, section 12.2.1, `setItem`).
        if (next === null) storage.removeItem(entry)
        else storage.setItem(entry, next)
        await this.#announce(storage, number, entry, next)
        announce(entry)
        return version
      })
    })
  }

  /** The change is made; from here on a failure must not say that it was not. */
  async #announce(storage: Storage, number: number, entry: string, next: string | null): Promise<void> {
    let cause: unknown
    try {
      await this.#order.announce(storage, number)
      // Two tabs may both find room where there is enough for one; the browser then takes a change back.
      if (storage.getItem(entry) === next) return
    } catch (error) {
      cause = error
    }
    throw new VaultError('ERR_UNAVAILABLE', 'The change may be lost.', { cause })
  }

  /** Only the lock can take long to come, so only waiting for it is cut short by the signal. */
  async #send<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    return await this.#lifetime.run(signal, async () => {
      try {
        return await work()
      } catch (error) {
        throw failure(error, signal)
      }
    })
  }
}

/**
 * A blob store in localStorage, for pages with little to keep: browsers give a site some 5 MB. Any number of tabs of one origin may
 * use it at once: of those that race to replace a file exactly one wins. That takes Web Locks, which plain-http pages lack:
 * there it reads and refuses to write (`ERR_UNSUPPORTED`). Workers have no localStorage.
 *
 * Requests reject with `ERR_QUOTA` (the site's room is used up; nothing changed), `ERR_TOO_LARGE` (over 3 MiB),
 * `ERR_UNSUPPORTED` (no localStorage, no Web Locks, a value of another program) and those that every store has.
 *
 * @param options See {@link LocalStorageStoreOptions}; an unknown one is a `TypeError`.
 * @example
 * ```ts no-run
 * import { VaultDB } from '@vaultdb/core'
 * import { createLocalStorageStore } from '@vaultdb/localstorage'
 *
 * const db = await VaultDB.openOrCreate(createLocalStorageStore({ prefix: 'vault' }), { password })
 * ```
 */
export function createLocalStorageStore(options: LocalStorageStoreOptions): BlobStore {
  return new LocalStorageStore(resolveOptions(options))
}
