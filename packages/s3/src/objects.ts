import { type StoredBlob, VaultError, type Version } from '@vaultdb/core'
import { conflictError, isHtml } from '@vaultdb/core/adapter'
import { Addresses } from './addresses.ts'
import { type Answer, Client } from './client.ts'
import { toETag, versionOf } from './etag.ts'
import { failureOf, strange } from './failures.ts'
import { type ListedObject, type ListingPage, parseListingPage } from './listing-page.ts'
import type { ResolvedOptions } from './options.ts'

/** Under which condition an object is replaced or removed: the value of one header (RFC 9110, section 13.1). */
export type Condition = { readonly 'if-match': string } | { readonly 'if-none-match': '*' }

/** Only if it does not exist. */
export const ABSENT: Condition = { 'if-none-match': '*' }

/** The error for an answer without an ETag. Of a write that was sent `ERR_UNAVAILABLE`: it may have been applied. */
export function hiddenETag(code: 'ERR_UNAVAILABLE' | 'ERR_UNSUPPORTED', doing: string): VaultError {
  const advice =
    'Something on the way takes it out; or, in a web page, the CORS rules of the bucket do not expose it: add "ETag" to ' +
    'ExposeHeaders.'
  return new VaultError(code, `Cannot ${doing}: the answer has no ETag. ${advice}`)
}

/** Proxies and caches in between must neither keep objects nor pack them, which would change their ETags. */
const STORED_HEADERS = { 'content-type': 'application/octet-stream', 'cache-control': 'no-store, no-transform' }

/** The objects of one vault: each method is one request, but for `list`, which is one for each page. */
export class Objects {
  readonly #addresses: Addresses
  readonly #client: Client

  constructor(options: ResolvedOptions) {
    this.#addresses = new Addresses(options)
    this.#client = new Client(options)
  }

  async get(
    name: string,
    unlessVersion: Version | undefined,
    signal: AbortSignal | undefined,
  ): Promise<StoredBlob | 'unchanged' | null> {
    const doing = `read file ${name}`
    const headers = unlessVersion === undefined ? {} : { 'if-none-match': toETag(unlessVersion, 'quoted') }
    const answer = await this.#client.send({ method: 'GET', url: this.#addresses.object(name), headers, doing, signal })
    const { status, refusal, body } = answer
    if (status === 304 && unlessVersion !== undefined) return 'unchanged'
    if (status === 404 && refusal.code === 'NoSuchKey') return null
    if (status !== 200) throw failureOf(refusal, doing)
    if (isHtml(answer)) throw strange(doing, 'a web page came in its place')
    const version = versionOf(answer.headers.get('etag'))
    if (version === null) throw hiddenETag('ERR_UNSUPPORTED', doing)
    return version === unlessVersion ? 'unchanged' : { data: body, version }
  }

  /** The new version, `null` where the answer hides it; `ERR_CONFLICT` where the condition does not hold. */
  async put(
    name: string,
    body: Uint8Array<ArrayBuffer>,
    condition: Condition,
    signal: AbortSignal | undefined,
  ): Promise<Version | null> {
    const doing = `write file ${name}`
    const headers = { ...STORED_HEADERS, ...condition }
    const url = this.#addresses.object(name)
    const answer = await this.#client.send({ method: 'PUT', url, headers, body, doing, signal })
    if (answer.status !== 200) throw this.#changeFailure(answer, name, condition, doing)
    if (answer.body.length > 0) throw strange(doing, 'a page came in place of the answer')
    return versionOf(answer.headers.get('etag'))
  }

  /** Removes the object, also if it is not there; `ERR_CONFLICT` where the service looked at the condition and it does not hold. */
  async remove(name: string, condition: Condition | null, signal: AbortSignal | undefined): Promise<void> {
    const doing = `delete file ${name}`
    const headers = { ...condition }
    const answer = await this.#client.send({
      method: 'DELETE',
      url: this.#addresses.object(name),
      headers,
      doing,
      signal,
    })
    if (answer.status !== 204 && answer.status !== 200) throw this.#changeFailure(answer, name, condition, doing)
    if (answer.body.length > 0 && isHtml(answer)) throw strange(doing, 'a web page came in place of the answer')
  }

  async *list(namePrefix: string, signal: AbortSignal | undefined): AsyncGenerator<ListedObject, void, undefined> {
    let continuation: string | null = null
    do {
      const page: ListingPage = await this.#page(namePrefix, continuation, signal)
      if (page.continuation !== null && page.continuation === continuation) {
        throw strange('list the files', 'the same page comes again and again')
      }
      for (const object of page.objects) {
        const name = this.#addresses.nameOf(object.name)
        if (name !== null) yield { ...object, name }
      }
      continuation = page.continuation
    } while (continuation !== null)
  }

  async #page(namePrefix: string, continuation: string | null, signal: AbortSignal | undefined): Promise<ListingPage> {
    const doing = 'list the files'
    const url = this.#addresses.listing(namePrefix, continuation)
    const { status, body, refusal } = await this.#client.send({ method: 'GET', url, doing, signal })
    if (status !== 200) throw failureOf(refusal, doing)
    const page = parseListingPage(body)
    if (page === null) throw strange(doing, 'the answer is no listing')
    return page
  }

  /**
   * 412: the condition does not hold. 409: somebody else's change of the same object got in the way, and this one was not made.
   * 404 of the key: what was to be replaced is not there.
   */
  #changeFailure(answer: Answer, name: string, condition: Condition | null, doing: string): VaultError {
    const { status, refusal } = answer
    const isConflict =
      (status === 412 && !isHtml(answer)) ||
      (status === 409 && refusal.code !== null) ||
      (status === 404 && refusal.code === 'NoSuchKey' && condition !== ABSENT)
    return isConflict ? conflictError(name) : failureOf(refusal, doing)
  }
}
