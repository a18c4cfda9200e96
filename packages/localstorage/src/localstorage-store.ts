import {
  assertBlobData,
  assertBlobKey,
  assertBlobPrefix,
  type BlobStore,
  isBlobKey,
  type ListedBlob,
  type ReadOptions,
  type RequestOptions,
  type StoreCapabilities,
  type StoredBlob,
  type Unsubscribe,
  VaultError,
  type Version,
} from '@vaultdb/core'
import { toBase64 } from './base64.ts'
import { announce, watchChanges } from './changes.ts'
import { describeEntry, formatEntry, parseEntry } from './entry.ts'
import { failure, storageOfPage } from './failures.ts'
import { type LocalStorageStoreOptions, resolveOptions } from './options.ts'
import { Order } from './order.ts'

/** 4 Mi characters in base64, of the 5 Mi that browsers give a site. */
const MAX_BLOB_BYTES = 3 * 1024 * 1024
/** Numbers may begin anew after the browser has removed everything; random bytes do not come back even then. */
const TOKEN_BYTES = 9

const CAPABILITIES: StoreCapabilities = Object.freeze({
  atomicCreate: true,
  atomicUpdate: true,
  atomicReads: true,
  conditionalDelete: true,
  trustworthyListings: true,
  crossProcess: true,
  durable: false, // browsers write to the disk some seconds later
  maxBlobBytes: MAX_BLOB_BYTES,
})

class LocalStorageStore implements BlobStore {
  readonly name: string = 'localstorage'
  readonly capabilities: StoreCapabilities = CAPABILITIES
  readonly #options: Required<LocalStorageStoreOptions>
  readonly #order: Order
  readonly #underWay: Set<Promise<unknown>> = new Set()
  readonly #watches: Set<Unsubscribe> = new Set()
  #closed: boolean = false

  constructor(options: Required<LocalStorageStoreOptions>) {
    this.#options = options
    this.#order = new Order(options.prefix, options.runtime)
  }

  async read(key: string, options: ReadOptions = {}): Promise<StoredBlob | 'unchanged' | null> {
    assertBlobKey(key)
    return await this.#send(`read file ${key}`, options, aborted, async () => {
      const storage = storageOfPage()
      await this.#order.caughtUp(storage)
      const file = parseEntry(key, storage.getItem(this.#entry(key)))
      return file !== null && file.version === options.unlessVersion ? 'unchanged' : file
    })
  }

  async write(key: string, data: Uint8Array, expected: Version | null, options: RequestOptions = {}): Promise<Version> {
    assertBlobKey(key)
    assertBlobData(data)
    return await this.#change(key, data, expected, options)
  }

  async delete(key: string, expected: Version, options: RequestOptions = {}): Promise<void> {
    assertBlobKey(key)
    await this.#change(key, null, expected, options)
  }

  async *list(prefix: string, options: RequestOptions = {}): AsyncGenerator<ListedBlob, void, undefined> {
    assertBlobPrefix(prefix)
    const files = await this.#send('list the files', options, aborted, async () => {
      const storage = storageOfPage()
      await this.#order.caughtUp(storage)
      return Object.keys(storage).flatMap((name) => this.#describe(storage, name))
    })
    for (const file of files) {
      if (options.signal?.aborted) throw aborted(options.signal)
      if (file.key.startsWith(prefix)) yield file
    }
  }

  watch(onChange: (key: string) => void): Unsubscribe {
    this.#assertOpen()
    const stop = watchChanges(this.#options.prefix, onChange)
    this.#watches.add(stop)
    return () => {
      this.#watches.delete(stop)
      stop()
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const stop of this.#watches) stop()
    await Promise.allSettled(this.#underWay) // what was sent before is still done
  }

  async #change(
    key: string,
    data: Uint8Array | null,
    expected: Version | null,
    options: RequestOptions,
  ): Promise<Version> {
    const { runtime } = this.#options
    return await this.#send(`change file ${key}`, options, givenUp, async () => {
      if (data !== null && data.length > MAX_BLOB_BYTES) throw tooLarge(key)
      const storage = storageOfPage()
      const body = data === null ? null : toBase64(data) // now: the caller may go on changing `data`
      const token = toBase64(runtime.randomBytes(TOKEN_BYTES))
      return await this.#order.alone(storage, options.signal, async (number) => {
        if (options.signal?.aborted) throw givenUp(options.signal)
        const entry = this.#entry(key)
        if ((parseEntry(key, storage.getItem(entry))?.version ?? null) !== expected) throw conflict(key)
        const version = `${number}.${token}`
        const next = body === null ? null : formatEntry(version, body)
        this.#order.prepare(storage)
        // Either replaces the entry or throws and leaves it as it was (HTML, section 12.2.1, `setItem`).
        if (next === null) storage.removeItem(entry)
        else storage.setItem(entry, next)
        await this.#announce(storage, key, number, next)
        return version
      })
    })
  }

  /** From here on the change is made, so a failure does not say that it was not. */
  async #announce(storage: Storage, key: string, number: number, next: string | null): Promise<void> {
    try {
      await this.#order.announce(storage, number)
    } catch (cause) {
      throw new VaultError('ERR_UNAVAILABLE', `Other tabs may not see the change of file ${key}.`, { cause })
    }
    // Two tabs may both find room where there is enough for one; the browser then takes a change back.
    if (storage.getItem(this.#entry(key)) !== next) {
      throw new VaultError('ERR_UNAVAILABLE', `The browser did not keep the change of file ${key}. Try again.`)
    }
    announce(this.#options.prefix, key)
  }

  #entry(key: string): string {
    return `${this.#options.prefix}:${key}`
  }

  /** What an entry of the storage is in a listing: one file, or nothing. A foreign value has no version. */
  #describe(storage: Storage, name: string): ListedBlob[] {
    const key = name.slice(this.#options.prefix.length + 1)
    const text = name === this.#entry(key) && isBlobKey(key) ? storage.getItem(name) : null
    return text === null ? [] : [{ key, ...describeEntry(text) }]
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
    if (this.#closed) throw new VaultError('ERR_CLOSED', 'The localStorage store was closed. Create a new one.')
  }
}

function aborted({ reason }: AbortSignal): VaultError {
  return new VaultError('ERR_ABORTED', 'The operation was aborted by its signal.', { cause: reason })
}

function givenUp({ reason }: AbortSignal): VaultError {
  return new VaultError('ERR_UNAVAILABLE', 'The change was given up on its way.', { cause: reason })
}

function conflict(key: string): VaultError {
  return new VaultError('ERR_CONFLICT', `File ${key} is not the version that was to be replaced. Read it again.`)
}

function tooLarge(key: string): VaultError {
  return new VaultError(
    'ERR_TOO_LARGE',
    `File ${key} is larger than the ${MAX_BLOB_BYTES} bytes that localStorage takes.`,
  )
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
