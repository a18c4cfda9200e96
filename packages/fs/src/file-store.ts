import { dirname, join, resolve } from 'node:path'
import {
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
import { assertBlobData, assertBlobKey, assertBlobPrefix, conflictError, Lifetime } from '@vaultdb/core/adapter'
import { letOthersRun, makeFolders } from './disk.ts'
import { failure } from './failures.ts'
import { FolderSyncs } from './folder-syncs.ts'
import { describeCurrent, readCurrent, readState } from './key-folder.ts'
import { keyFolder, TOKEN_BYTES } from './layout.ts'
import { keysBelow } from './listing.ts'
import { type FileStoreOptions, resolveOptions } from './options.ts'
import { type Change, create, remove, replace } from './replacing.ts'
import { clearAbandoned, inspectAbove } from './surroundings.ts'
import { watchFolders } from './watching.ts'

class FileStore implements BlobStore {
  readonly name: string = 'fs'
  readonly capabilities: StoreCapabilities
  readonly #root: string
  readonly #options: Required<FileStoreOptions>
  /** Folders of key folders that were looked through for conflict copies, and that were made ready for new keys. */
  readonly #inspected: Set<string> = new Set()
  readonly #ready: Map<string, Promise<void>> = new Map()
  readonly #sharedSyncs: FolderSyncs = new FolderSyncs()
  readonly #lifetime: Lifetime = new Lifetime('The file store')
  readonly #watches: Set<Unsubscribe> = new Set()

  constructor(root: string, options: Required<FileStoreOptions>) {
    this.#root = root
    this.#options = options
    this.capabilities = Object.freeze({
      atomicCreate: true,
      atomicUpdate: true,
      atomicReads: true,
      conditionalDelete: true,
      trustworthyListings: true,
      crossProcess: true,
      durable: options.durable,
      maxBlobBytes: null,
    })
  }

  async read(key: string, options: ReadOptions = {}): Promise<StoredBlob | 'unchanged' | null> {
    assertBlobKey(key)
    this.#lifetime.assertOpen(options.signal)
    await letOthersRun()
    this.#lifetime.assertOpen(options.signal)
    try {
      return readCurrent(this.#folderOf(key), options.unlessVersion)
    } catch (error) {
      throw failure(error, `read file ${key} in ${this.#root}`)
    }
  }

  async write(key: string, data: Uint8Array, expected: Version | null, options: RequestOptions = {}): Promise<Version> {
    assertBlobKey(key)
    assertBlobData(data)
    return await this.#change(options, () => this.#write(key, data, expected, options))
  }

  async delete(key: string, expected: Version, options: RequestOptions = {}): Promise<void> {
    assertBlobKey(key)
    await this.#change(options, () => this.#delete(key, expected, options))
  }

  async *list(prefix: string, options: RequestOptions = {}): AsyncGenerator<ListedBlob, void, undefined> {
    assertBlobPrefix(prefix)
    this.#lifetime.assertOpen(options.signal)
    try {
      for (const { key, folder } of keysBelow(this.#root, prefix)) {
        await letOthersRun()
        this.#lifetime.assertOpen(options.signal)
        const current = describeCurrent(folder)
        if (current !== null) yield { key, ...current }
      }
    } catch (error) {
      throw failure(error, `list the files in ${this.#root}`)
    }
  }

  watch(onChange: (key: string) => void): Unsubscribe {
    this.#lifetime.assertOpen()
    const stop = watchFolders(this.#root, onChange)
    const unsubscribe = (): void => {
      this.#watches.delete(unsubscribe)
      stop()
    }
    this.#watches.add(unsubscribe)
    return unsubscribe
  }

  async close(): Promise<void> {
    for (const unsubscribe of this.#watches) unsubscribe()
    await this.#lifetime.end()
  }

  async #write(key: string, data: Uint8Array, expected: Version | null, options: RequestOptions): Promise<Version> {
    const change = this.#planned(key, options)
    const state = this.#state(change)
    const { head } = state
    if (head === null || head.deleted) {
      if (expected !== null) throw conflictError(key)
    } else if (expected !== head.version) throw conflictError(key)
    if (head !== null) return await replace(change, state, head, data)
    const copy = new Uint8Array(data) // what the caller does with `data` while folders are made must change nothing
    await this.#makeReady(change)
    try {
      return await create(change, copy)
    } catch (error) {
      this.#ready.delete(dirname(change.folder)) // somebody may have removed it
      throw error
    }
  }

  async #delete(key: string, expected: Version, options: RequestOptions): Promise<void> {
    const change = this.#planned(key, options)
    const state = this.#state(change)
    if (state.head === null || state.head.deleted || state.head.version !== expected) throw conflictError(key)
    await remove(change, state, state.head)
  }

  #planned(key: string, { signal }: RequestOptions): Change {
    const { durable, keep, runtime } = this.#options
    const token = Array.from(runtime.randomBytes(TOKEN_BYTES), (byte) => byte.toString(16).padStart(2, '0')).join('')
    const proceed = (): void => {
      if (!signal?.aborted) return
      throw new VaultError('ERR_UNAVAILABLE', `The change of file ${key} was given up.`, { cause: signal.reason })
    }
    const folder = join(this.#root, ...keyFolder(key))
    return { key, folder, token, durable, sharedSyncs: this.#sharedSyncs, keep, proceed }
  }

  #state({ key }: Change): ReturnType<typeof readState> {
    try {
      return readState(this.#folderOf(key))
    } catch (error) {
      throw failure(error, `read file ${key} in ${this.#root}`)
    }
  }

  /** The key's folder, after a look at what lies beside it, once for each folder above. */
  #folderOf(key: string): string {
    const names = keyFolder(key)
    const folder = join(this.#root, ...names)
    const above = dirname(folder)
    if (!this.#inspected.has(above)) {
      inspectAbove(this.#root, names)
      this.#inspected.add(above)
    }
    return folder
  }

  /** Makes the folders above a new key's, once; again after a failure. */
  async #makeReady({ key, folder, durable }: Change): Promise<void> {
    const above = dirname(folder)
    const ready = this.#ready.get(above) ?? this.#prepare(above, durable)
    this.#ready.set(above, ready)
    try {
      await ready
    } catch (error) {
      this.#ready.delete(above)
      throw failure(error, `make the folder ${above} for file ${key}`)
    }
  }

  async #prepare(above: string, durable: boolean): Promise<void> {
    await makeFolders(above, this.#root, durable)
    clearAbandoned(above, this.#options.runtime.now())
  }

  async #change<T>({ signal }: RequestOptions, begin: () => Promise<T>): Promise<T> {
    return await this.#lifetime.run(signal, async () => {
      const done = await begin()
      if (!this.#options.durable) await letOthersRun() // else fsync has let them
      return done
    })
  }
}

/**
 * A blob store in a folder of a local disk. Any number of processes may use it at once, without locks: of those that race to
 * replace a file exactly one wins, and a process killed at any instant leaves nothing that blocks or misleads the next.
 * The folder is made by the first write (mode 0700; files 0600); as long as it is missing it reads as empty.
 *
 * Not for a folder that a sync service copies between machines: conflict copies are noticed and refused (`ERR_FORK`).
 *
 * Requests reject with `ERR_QUOTA` (disk full), `ERR_TOO_LARGE` (over a limit of the file system), `ERR_UNAUTHORIZED`
 * (permissions, read-only), `ERR_UNSUPPORTED` (a file in the folder's place, names too long) and those that every store has.
 *
 * @param directory Path of the folder; a relative one counts from the current folder at the time of the call.
 * @param options See {@link FileStoreOptions}; an unknown one is a `TypeError`.
 * @example
 * ```ts
 * import { VaultDB } from '@vaultdb/core'
 * import { createFileStore } from '@vaultdb/fs'
 *
 * const db = await VaultDB.create(createFileStore('./vault'), { password: 'correct horse battery staple' })
 * ```
 */
export function createFileStore(directory: string, options: FileStoreOptions = {}): BlobStore {
  if (typeof directory !== 'string' || directory === '' || directory.includes('\0')) {
    throw new TypeError('The folder of a file store must be a path.')
  }
  return new FileStore(resolve(directory), resolveOptions(options))
}
