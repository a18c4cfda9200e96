import {
  type BlobStore,
  errorCode,
  type ListedBlob,
  type ReadOptions,
  type RequestOptions,
  type StoreCapabilities,
  type StoredBlob,
  type Unsubscribe,
  VaultError,
  type Version,
} from '@vaultdb/core'
import {
  abortedError,
  assertBlobData,
  assertBlobKey,
  assertBlobPrefix,
  conflictError,
  givenUpError,
  Lifetime,
  throwIfAborted,
} from '@vaultdb/core/adapter'
import { Dropbox, type DropboxRequestOptions } from 'dropbox'
import { Changes } from './changes.ts'
import { contentHash } from './content-hash.ts'
import { failure, foreignAnswer, refusalOf } from './failures.ts'
import { KeyPaths } from './keys.ts'
import { listedFiles } from './listing.ts'
import { type DropboxStoreOptions, resolveOptions, type Settings } from './options.ts'
import { Tokens } from './tokens.ts'
import { createTransport } from './transport.ts'
import { WriteTurns } from './write-turns.ts'

/** Of one `files/upload`; upload sessions take more, in several requests. */
const MAX_UPLOAD_BYTES = 150 * 1024 * 1024

const CAPABILITIES: StoreCapabilities = Object.freeze({
  atomicCreate: true,
  atomicUpdate: true,
  atomicReads: true,
  conditionalDelete: true,
  trustworthyListings: true,
  crossProcess: true,
  durable: true,
  maxBlobBytes: MAX_UPLOAD_BYTES,
})

/** What Dropbox's revs look like; it answers 400 to any other. */
const REV = /^[0-9a-f]{9,}$/

class DropboxStore implements BlobStore {
  readonly name: string = 'dropbox'
  readonly capabilities: StoreCapabilities = CAPABILITIES
  readonly #settings: Settings
  readonly #client: Dropbox
  readonly #paths: KeyPaths
  readonly #changes: Changes
  readonly #turns: WriteTurns = new WriteTurns()
  readonly #lifetime: Lifetime = new Lifetime('The Dropbox store')

  constructor(settings: Settings) {
    const { credentials, fetch, folder, runtime } = settings
    this.#settings = settings
    this.#client = new Dropbox({ fetch: createTransport(fetch, new Tokens(credentials, fetch, runtime)) })
    this.#paths = new KeyPaths(folder)
    this.#changes = new Changes(this.#client, folder, this.#paths, runtime)
  }

  async read(key: string, { unlessVersion, signal }: ReadOptions = {}): Promise<StoredBlob | 'unchanged' | null> {
    assertBlobKey(key)
    return this.#send(`read file ${key}`, signal, abortedError, async (options) => {
      try {
        const asked = unlessVersion !== undefined && sendsPreflights()
        if (asked && (await this.#revOf(key, options)) === unlessVersion) return 'unchanged'
        const blob = await this.#downloaded(key, unlessVersion, options)
        return blob.version === unlessVersion ? 'unchanged' : blob
      } catch (error) {
        const refusal = refusalOf(error)
        if (refusal?.status === 304 && unlessVersion !== undefined) return 'unchanged'
        if (refusal?.status === 409 && refusal.tags.join('/') === 'path/not_found') return null
        throw error
      }
    })
  }

  async write(
    key: string,
    data: Uint8Array,
    expected: Version | null,
    { signal }: RequestOptions = {},
  ): Promise<Version> {
    assertBlobKey(key)
    assertBlobData(data)
    const contents = new Uint8Array(data) // it is sent later, and the caller may go on changing `data`
    return this.#change(`write file ${key}`, signal, async (options) => {
      if (contents.length > MAX_UPLOAD_BYTES) throw tooLarge(key)
      if (expected !== null && !REV.test(expected)) throw conflictError(key)
      const hash = contentHash(contents, this.#settings.runtime)
      const { result } = await this.#client.filesUpload(
        {
          path: this.#paths.pathOf(key),
          mode: expected === null ? { '.tag': 'add' } : { '.tag': 'update', update: expected },
          autorename: false,
          strict_conflict: true, // or what was deleted is written again, and equal content is no conflict
          mute: true,
          content_hash: hash,
          contents,
        },
        options,
      )
      if (this.#paths.keyOf(result.path_lower) !== key || result.content_hash !== hash || !isRev(result.rev)) {
        throw foreignAnswer(`File ${key} was sent.`)
      }
      return result.rev
    })
  }

  async delete(key: string, expected: Version, { signal }: RequestOptions = {}): Promise<void> {
    assertBlobKey(key)
    await this.#change(`delete file ${key}`, signal, async (options) => {
      if (!REV.test(expected)) throw conflictError(key)
      try {
        const argument = { path: this.#paths.pathOf(key), parent_rev: expected }
        const { result } = await this.#client.filesDeleteV2(argument, options)
        if (this.#paths.keyOf(result.metadata?.path_lower) !== key)
          throw foreignAnswer(`File ${key} was to be deleted.`)
      } catch (error) {
        const refusal = refusalOf(error)
        if (refusal?.status === 409 && refusal.tags.join('/') === 'path_lookup/not_found') throw conflictError(key)
        throw error
      }
    })
  }

  async *list(prefix: string, { signal }: RequestOptions = {}): AsyncGenerator<ListedBlob, void, undefined> {
    assertBlobPrefix(prefix)
    const files = await this.#send('list the files', signal, abortedError, (options) =>
      listedFiles(this.#client, this.#paths, prefix, options),
    )
    for (const file of files) {
      throwIfAborted(signal)
      yield file
    }
  }

  watch(onChange: (key: string) => void): Unsubscribe {
    this.#lifetime.assertOpen()
    return this.#changes.watch(onChange)
  }

  async close(): Promise<void> {
    this.#changes.close()
    await this.#lifetime.end()
  }

  /** The file, or a refusal with status 304 if it still has the version. */
  async #downloaded(
    key: string,
    unlessVersion: Version | undefined,
    options: DropboxRequestOptions,
  ): Promise<StoredBlob> {
    // Dropbox documents conditional requests by ETag and not that the ETag is the rev; if it is not, the whole file comes.
    const conditional = unlessVersion !== undefined && REV.test(unlessVersion) && !sendsPreflights()
    const extraHeaders: Record<string, string> = conditional ? { 'If-None-Match': `W/"${unlessVersion}"` } : {}
    const { result } = await this.#client.filesDownload({ path: this.#paths.pathOf(key) }, { ...options, extraHeaders })
    const data = await bytesOf(result)
    const { rev, content_hash: hash } = result
    if (!isRev(rev) || data === null || hash !== contentHash(data, this.#settings.runtime)) {
      throw foreignAnswer(`File ${key} arrived damaged.`)
    }
    return { data, version: rev }
  }

  async #revOf(key: string, options: DropboxRequestOptions): Promise<string | undefined> {
    const { result } = await this.#client.filesGetMetadata({ path: this.#paths.pathOf(key) }, options)
    return result['.tag'] === 'file' ? result.rev : undefined
  }

  async #change<T>(
    doing: string,
    signal: AbortSignal | undefined,
    work: (options: DropboxRequestOptions) => Promise<T>,
  ): Promise<T> {
    return this.#send(doing, signal, givenUpError, async (options) => {
      try {
        return await this.#turns.take(signal, () => work(options))
      } catch (error) {
        if (refusalOf(error)?.tags.includes('too_many_write_operations')) this.#turns.refused()
        throw error
      }
    })
  }

  async #send<T>(
    doing: string,
    signal: AbortSignal | undefined,
    onAbort: (signal: AbortSignal) => VaultError,
    work: (options: DropboxRequestOptions) => Promise<T>,
  ): Promise<T> {
    return await this.#lifetime.run(signal, async () => {
      try {
        return await work(signal === undefined ? {} : { signal })
      } catch (error) {
        if (signal?.aborted && !gaveUpWaiting(error, signal)) throw onAbort(signal)
        throw failure(error, doing, this.#settings.runtime)
      }
    })
  }
}

/** Whether the signal was aborted while a change waited for its turn or for a token. */
function gaveUpWaiting(error: unknown, { reason }: AbortSignal): boolean {
  return error !== reason && errorCode(error) === 'ERR_ABORTED'
}

function isRev(rev: unknown): rev is string {
  return typeof rev === 'string' && REV.test(rev)
}

/**
 * Whether requests are those of a page or its workers. There a header that Dropbox does not allow for other sites makes a request
 * fail, and whether it allows `If-None-Match` is not documented.
 */
function sendsPreflights(): boolean {
  return 'WorkerGlobalScope' in globalThis || 'document' in globalThis
}

/** The SDK gives a Blob in what it takes for a browser, which may well be Node, and a Buffer elsewhere. */
async function bytesOf(result: {
  readonly fileBlob?: unknown
  readonly fileBinary?: unknown
}): Promise<Uint8Array | null> {
  const { fileBlob, fileBinary } = result
  if (fileBlob instanceof Blob) return new Uint8Array(await fileBlob.arrayBuffer())
  return fileBinary instanceof Uint8Array ? new Uint8Array(fileBinary) : null
}

function tooLarge(key: string): VaultError {
  return new VaultError('ERR_TOO_LARGE', `File ${key} is larger than the 150 MiB that Dropbox takes in one request.`)
}

/**
 * A blob store in a Dropbox, for Node, pages and workers. Any number of clients may use it at once: Dropbox compares the revision
 * that a file is to replace. Use an app with access to its own folder only, and the scopes `files.content.read`,
 * `files.content.write` and `files.metadata.read`.
 *
 * Requests reject with `ERR_UNAUTHORIZED` (the token was refused, and there is no other: sign in again), `ERR_QUOTA` (the Dropbox is
 * full), `ERR_UNSUPPORTED` (something else is in the vault's place), `ERR_UNAVAILABLE` (rate limits, with `retryAfterMs`;
 * broken connections; answers that are not Dropbox's) and those that every store has. No error holds a token.
 *
 * @param options See {@link DropboxStoreOptions}; an unknown one is a `TypeError`.
 * @example
 * ```ts no-run
 * import { VaultDB } from '@vaultdb/core'
 * import { createDropboxStore } from '@vaultdb/dropbox'
 *
 * const store = createDropboxStore({ clientId: 'the-app-key', refreshToken: 'from-the-sign-in', folder: '/vault' })
 * const db = await VaultDB.openOrCreate(store, { password })
 * ```
 */
export function createDropboxStore(options: DropboxStoreOptions): BlobStore {
  return new DropboxStore(resolveOptions(options))
}
