import type {
  BlobStore,
  ListedBlob,
  ReadOptions,
  RequestOptions,
  StoreCapabilities,
  StoredBlob,
  Version,
} from '@vaultdb/core'
import {
  assertBlobData,
  assertBlobKey,
  assertBlobPrefix,
  beforeSending,
  conflictError,
  isBlobKey,
  isOpaqueTag,
  Lifetime,
  quotedTag,
  throwIfAborted,
} from '@vaultdb/core/adapter'
import { type Answer, type Sending, send } from './answers.ts'
import { failureOf, foreign, withoutVersion } from './failures.ts'
import { type FolderItems, parseFolder, toListed } from './folder.ts'
import { type RemoteStorageStoreOptions, type ResolvedOptions, resolveOptions } from './options.ts'

/** With the charset remotestoragejs of all versions gives the file to other apps as bytes and not as text. */
const CONTENT_TYPE = 'application/octet-stream; charset=binary'

const CAPABILITIES: StoreCapabilities = Object.freeze({
  atomicCreate: true,
  atomicUpdate: true,
  // The usual server reads a file, and what it knows of it, while both are being written: torn, or absent for a moment.
  atomicReads: false,
  conditionalDelete: true,
  trustworthyListings: false, // for the same reason
  crossProcess: true,
  durable: false, // the protocol promises nothing, and that server does not wait for its disk
  maxBlobBytes: null,
})

class RemoteStorageStore implements BlobStore {
  readonly name: string = 'remotestorage'
  readonly capabilities: StoreCapabilities = CAPABILITIES
  readonly #options: ResolvedOptions
  readonly #lifetime: Lifetime = new Lifetime('The remoteStorage store')

  constructor(options: ResolvedOptions) {
    this.#options = options
  }

  async read(key: string, { signal, unlessVersion }: ReadOptions = {}): Promise<StoredBlob | 'unchanged' | null> {
    assertBlobKey(key)
    const doing = `read file ${key}`
    const condition =
      unlessVersion !== undefined && isOpaqueTag(unlessVersion)
        ? { 'If-None-Match': quotedTag(unlessVersion) }
        : undefined
    const answer = await this.#send({
      method: 'GET',
      path: key,
      doing,
      signal,
      ...(condition && { headers: condition }),
    })
    const { status, version, body, isHtml, isPage } = answer
    if (status === 304 && condition !== undefined) return 'unchanged'
    if (status === 404 && !isPage) return null
    if (status !== 200) throw failureOf(answer, doing)
    if (isHtml) throw foreign(doing) // no file of a vault is HTML
    if (version === null) throw withoutVersion('ERR_UNSUPPORTED', doing)
    return version === unlessVersion ? 'unchanged' : { data: body, version }
  }

  async write(key: string, data: Uint8Array, expected: Version | null, options: RequestOptions = {}): Promise<Version> {
    assertBlobKey(key)
    assertBlobData(data)
    const doing = `write file ${key}`
    const condition = expected === null ? { 'If-None-Match': '*' } : matching(key, expected)
    const headers = { 'Content-Type': CONTENT_TYPE, ...condition }
    // A copy: the caller may go on changing `data` while it is found out where to send it.
    const sending = { method: 'PUT', path: key, headers, body: new Uint8Array(data), doing, ...options } as const
    const answer = await this.#send(sending)
    const { version } = answer
    if (!isDone(answer)) throw failureOf(answer, doing)
    // Also what a server answers that could not write: nobody knows what is there now.
    if (version === null) throw withoutVersion('ERR_UNAVAILABLE', doing)
    return version
  }

  async delete(key: string, expected: Version, options: RequestOptions = {}): Promise<void> {
    assertBlobKey(key)
    const doing = `delete file ${key}`
    const answer = await this.#send({
      method: 'DELETE',
      path: key,
      headers: matching(key, expected),
      doing,
      ...options,
    })
    if (answer.status === 404 && !answer.isPage) throw conflictError(key)
    if (!isDone(answer)) throw failureOf(answer, doing)
  }

  async *list(prefix: string, { signal }: RequestOptions = {}): AsyncGenerator<ListedBlob, void, undefined> {
    assertBlobPrefix(prefix)
    // The folder that the prefix is in, and those below it: the protocol lists one folder at a time.
    const folders = [prefix.slice(0, prefix.lastIndexOf('/') + 1)]
    for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
      const items = await this.#listFolder(folder, signal)
      for (const name of items.folders) {
        const path = `${folder}${name}`
        if (path.startsWith(prefix) && isBlobKey(path.slice(0, -1))) folders.push(path)
      }
      for (const file of items.files) {
        throwIfAborted(signal)
        const key = `${folder}${file.name}`
        if (key.startsWith(prefix) && isBlobKey(key)) yield toListed(key, file)
      }
    }
  }

  async #listFolder(folder: string, signal: AbortSignal | undefined): Promise<FolderItems> {
    const doing = `list folder "${folder}"`
    const answer = await this.#send({ method: 'GET', path: folder, doing, signal })
    if (answer.status === 404 && !answer.isPage) return { files: [], folders: [] }
    if (answer.status !== 200) throw failureOf(answer, doing)
    const items = parseFolder(answer.body)
    if (items === null) throw foreign(doing)
    return items
  }

  async close(): Promise<void> {
    await this.#lifetime.end()
  }

  async #send(sending: Sending): Promise<Answer> {
    const { folder, getAccess } = this.#options
    return await this.#lifetime.run(sending.signal, async () => {
      const kind = sending.method === 'GET' ? 'read' : 'change'
      const access = await beforeSending(kind, getAccess(sending.signal))
      throwIfAborted(sending.signal)
      return await send({ ...sending, path: `${folder}${sending.path}` }, access, this.#options)
    })
  }
}

/** Successes that say so much (RFC 9110, section 15.3): a change that is only accepted (202) may never be made. */
const DONE: ReadonlySet<number> = new Set([200, 201, 204])

/** Whether the server says that a change was made. */
function isDone({ status, isPage }: Answer): boolean {
  return DONE.has(status) && !isPage
}

/** The condition that the file has this version; a conflict for one that none can have. */
function matching(key: string, expected: Version): { readonly 'If-Match': string } {
  if (!isOpaqueTag(expected)) throw conflictError(key)
  return { 'If-Match': quotedTag(expected) }
}

/**
 * A blob store in a folder of a remoteStorage account, for pages, workers and Node. Any number of clients may use it at once: of
 * those that race to replace a file exactly one wins, because the server compares versions. Requests are sent once and have no
 * time limit of their own: put `withResilience` of the core around the store.
 *
 * Requests reject with `ERR_UNAUTHORIZED` (nobody is signed in; token expired, revoked, or without the scope), `ERR_UNSUPPORTED`
 * (no place for a vault; ETags hidden from web pages) and those that every store has.
 *
 * @param options See {@link RemoteStorageStoreOptions}; an unknown one is a `TypeError`.
 * @example
 * ```ts no-run
 * import { VaultDB, withResilience } from '@vaultdb/core'
 * import { createRemoteStorageStore } from '@vaultdb/remotestorage'
 *
 * const place = { href: 'https://storage.example/storage/ada', token: 'the OAuth token', path: 'notes/vault' }
 * const store = withResilience(createRemoteStorageStore(place))
 * const db = await VaultDB.openOrCreate(store, { password })
 * ```
 */
export function createRemoteStorageStore(options: RemoteStorageStoreOptions): BlobStore {
  return new RemoteStorageStore(resolveOptions(options))
}
