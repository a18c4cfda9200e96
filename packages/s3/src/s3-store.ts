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
  Lifetime,
  SharedWork,
} from '@vaultdb/core/adapter'
import { isVersion, toETag } from './etag.ts'
import { ABSENT, type Condition, hiddenETag, Objects } from './objects.ts'
import { type ResolvedOptions, resolveOptions, type S3StoreOptions } from './options.ts'
import { probe, type S3Traits } from './probe.ts'

/** A blob store in a bucket. */
export interface S3Store extends BlobStore {
  /**
   * Tries on a scratch object whether the bucket really compares and swaps, some eight requests; `ERR_UNSUPPORTED`, naming the step
   * that failed, if it does not. Done once for a store, before its first write; what it resolves to may be kept and given to
   * later stores of this bucket as option `traits`.
   */
  probe(options?: RequestOptions): Promise<S3Traits>
  close(): Promise<void>
}

class S3BlobStore implements S3Store {
  readonly name: string = 's3'
  readonly #objects: Objects
  readonly #probing: SharedWork<S3Traits>
  readonly #lifetime: Lifetime = new Lifetime('The S3 store')
  #traits: S3Traits | undefined

  constructor(options: ResolvedOptions) {
    this.#objects = new Objects(options)
    this.#traits = options.traits
    this.#probing = new SharedWork((signal) => probe(this.#objects, options.bucket, options.runtime, signal))
  }

  get capabilities(): StoreCapabilities {
    return {
      atomicCreate: true,
      atomicUpdate: true,
      atomicReads: true,
      conditionalDelete: this.#traits?.conditionalDelete ?? false,
      trustworthyListings: this.#traits?.trustworthyListings ?? false,
      uniqueVersions: false,
      crossProcess: true,
      durable: true,
      maxBlobBytes: null,
    }
  }

  async probe({ signal }: RequestOptions = {}): Promise<S3Traits> {
    return this.#lifetime.run(signal, () => this.#knownTraits(signal))
  }

  async read(key: string, { unlessVersion, signal }: ReadOptions = {}): Promise<StoredBlob | 'unchanged' | null> {
    assertBlobKey(key)
    const condition = unlessVersion !== undefined && isVersion(unlessVersion) ? unlessVersion : undefined
    return this.#lifetime.run(signal, () => this.#objects.get(key, condition, signal))
  }

  async write(
    key: string,
    data: Uint8Array,
    expected: Version | null,
    { signal }: RequestOptions = {},
  ): Promise<Version> {
    assertBlobKey(key)
    assertBlobData(data)
    const body = new Uint8Array(data) // the caller may go on changing `data`
    return this.#lifetime.run(signal, async () => {
      const { ifMatch } = await beforeSending('change', this.#knownTraits(signal))
      if (expected !== null) assertVersion(key, expected)
      const condition: Condition = expected === null ? ABSENT : { 'if-match': toETag(expected, ifMatch) }
      const version = await this.#objects.put(key, body, condition, signal)
      if (version === null) throw hiddenETag('ERR_UNAVAILABLE', `write file ${key}`)
      return version
    })
  }

  async delete(key: string, expected: Version, { signal }: RequestOptions = {}): Promise<void> {
    assertBlobKey(key)
    return this.#lifetime.run(signal, async () => {
      const { ifMatch, conditionalDelete } = await beforeSending('change', this.#knownTraits(signal))
      assertVersion(key, expected)
      if (conditionalDelete) return this.#objects.remove(key, { 'if-match': toETag(expected, ifMatch) }, signal)
      // Somebody may write in between: the capability says so.
      if ((await this.#objects.get(key, expected, signal)) !== 'unchanged') throw conflictError(key)
      return this.#objects.remove(key, null, signal)
    })
  }

  async *list(prefix: string, { signal }: RequestOptions = {}): AsyncGenerator<ListedBlob, void, undefined> {
    assertBlobPrefix(prefix)
    const listing = this.#objects.list(prefix, signal)
    for (;;) {
      const step = await this.#lifetime.run(signal, () => listing.next())
      if (step.done) return
      const { name: key, version, size } = step.value
      if (!isBlobKey(key)) continue
      yield { key, ...(version === null ? {} : { version }), ...(size === null ? {} : { size }) }
    }
  }

  async close(): Promise<void> {
    await this.#lifetime.end()
  }

  async #knownTraits(signal: AbortSignal | undefined): Promise<S3Traits> {
    this.#traits ??= await this.#probing.join(signal)
    return this.#traits
  }
}

/** No file has a version that cannot stand in a header; put into one it could mean something else, such as every version. */
function assertVersion(key: string, version: Version): void {
  if (!isVersion(version)) throw conflictError(key)
}

/**
 * A blob store in a bucket of AWS S3 or any compatible service with conditional writes (Cloudflare R2, Ceph, MinIO, …): for any
 * number of clients on any number of machines, in Node, web pages, workers and extensions. Before its first write it tries
 * whether the bucket really compares and swaps, and refuses one that does not.
 *
 * A version is the ETag: a fingerprint of the content. Equal content written again has an equal version, which the engine's
 * sealed files never have.
 *
 * Requests reject with `ERR_UNAUTHORIZED` (keys refused or expired, permissions missing, this device's clock wrong),
 * `ERR_UNSUPPORTED` (no such bucket, another region, no conditional writes, CORS rules that hide the ETag), `ERR_QUOTA`,
 * `ERR_TOO_LARGE` and those that every store has. No error holds a key, token, signature or signed address.
 *
 * @param options See {@link S3StoreOptions}; an unknown one is a `TypeError`.
 * @example
 * ```ts no-run
 * import { VaultDB } from '@vaultdb/core'
 * import { createS3Store } from '@vaultdb/s3'
 *
 * const store = createS3Store({
 *   endpoint: 'https://s3.eu-central-1.amazonaws.com',
 *   bucket: 'team-vaults',
 *   prefix: 'infrastructure',
 *   credentials: { accessKeyId: 'AKIA…', secretAccessKey: '…' },
 * })
 * const db = await VaultDB.openOrCreate(store, { password })
 * ```
 */
export function createS3Store(options: S3StoreOptions): S3Store {
  return new S3BlobStore(resolveOptions(options))
}
