import { errorCode, type Runtime, VaultError } from '@vaultdb/core'
import { aborted } from './abort.ts'
import { isExpiry, noAnswer, type Refusal, strange } from './failures.ts'
import type { ResolvedOptions } from './options.ts'
import { createSigner, type S3Request, type Signed, type Signer } from './signing.ts'

/** One request. */
export interface Sending {
  readonly method: S3Request['method']
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array<ArrayBuffer>
  /** What it does, for messages: `read file vault`. */
  readonly doing: string
  readonly signal?: AbortSignal | undefined
}

/** A whole answer. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Uint8Array
  readonly refusal: Refusal
}

/** `<Code>` of an error document. Its other texts are not looked at: some of them quote keys and tokens. */
const ERROR_CODE = /^\s*(?:<\?xml[^>]*>\s*)?<Error(?:\s[^>]*)?>[\s\S]*?<Code>([A-Za-z0-9]{1,64})<\/Code>/
const MAX_ERROR_BYTES = 65_536

function errorCodeOf(body: Uint8Array): string | null {
  if (body.length > MAX_ERROR_BYTES) return null
  return ERROR_CODE.exec(new TextDecoder().decode(body))?.[1] ?? null
}

function retryAfterMs(headers: Headers, nowMs: number): number | undefined {
  const value = headers.get('retry-after')
  if (value === null) return undefined
  const ms = /^\d{1,9}$/.test(value) ? Number(value) * 1000 : Date.parse(value) - nowMs
  return Number.isNaN(ms) ? undefined : Math.max(0, ms)
}

function refusalOf(status: number, headers: Headers, body: Uint8Array, clock: Pick<Runtime, 'now'>): Refusal {
  const serviceMs = Date.parse(headers.get('date') ?? '')
  return {
    status,
    code: status >= 400 || (status >= 300 && status !== 304) ? errorCodeOf(body) : null,
    retryAfterMs: retryAfterMs(headers, clock.now()),
    clockAheadMs: Number.isNaN(serviceMs) ? undefined : serviceMs - clock.now(),
  }
}

/** A cut body that its own end does not give away; a coding that the platform has undone changes the length. */
function assertWhole(headers: Headers, body: Uint8Array, doing: string): void {
  const stated = headers.get('content-length')
  if (stated === null || (headers.get('content-encoding') ?? 'identity') !== 'identity') return
  if (Number(stated) !== body.length) throw strange(doing, `${body.length} bytes arrived of ${stated}`)
}

async function sha256Hex(data: Uint8Array<ArrayBuffer>): Promise<string> {
  // Only a page without WebCrypto has none, and there only the application signs.
  const { subtle } = (globalThis.crypto ?? {}) as { readonly subtle?: SubtleCrypto }
  if (subtle === undefined) return 'UNSIGNED-PAYLOAD'
  const digest = new Uint8Array(await subtle.digest('SHA-256', data))
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** SHA-256 of no bytes. */
const HASH_OF_NOTHING = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

/** Sends signed requests, each once, and waits for whole answers. */
export class Client {
  readonly #options: ResolvedOptions
  readonly #sign: Signer

  constructor(options: ResolvedOptions) {
    this.#options = options
    this.#sign = createSigner(options)
  }

  /**
   * The answer, whatever it says. `ERR_ABORTED`: given up before it was sent, or it changes nothing. `ERR_UNAVAILABLE`: no whole
   * answer arrived.
   */
  async send(sending: Sending): Promise<Answer> {
    const { method, url, headers = {}, body, signal } = sending
    if (signal?.aborted) throw aborted(signal)
    const hash = body === undefined ? HASH_OF_NOTHING : await sha256Hex(body)
    const request = { method, url, headers: { ...headers, 'x-amz-content-sha256': hash } }
    for (let attempt = 1; ; attempt++) {
      const signed = await this.#sign(request, signal)
      if (signal?.aborted) throw aborted(signal)
      const answer = await this.#fetch(sending, signed)
      // Nothing was done, so this is no second sending of a write that may have been applied.
      if (attempt === 1 && isExpiry(answer.refusal) && signed.expire()) continue
      return answer
    }
  }

  async #fetch(sending: Sending, { url, headers }: Signed): Promise<Answer> {
    const { method, body, doing, signal } = sending
    const { fetch, runtime } = this.#options
    try {
      const response = await fetch(url, {
        method,
        headers,
        ...(body === undefined ? {} : { body }),
        ...(signal === undefined ? {} : { signal }),
        redirect: 'manual', // who follows one sends a write twice, or takes a sign-in page for an answer
        cache: 'no-store',
        credentials: 'omit',
        referrerPolicy: 'no-referrer',
      })
      const received = new Uint8Array(await response.arrayBuffer())
      if (response.status !== 304) assertWhole(response.headers, received, doing)
      return {
        status: response.status,
        headers: response.headers,
        body: received,
        refusal: refusalOf(response.status, response.headers, received, runtime),
      }
    } catch (error) {
      if (signal?.aborted) throw method === 'GET' ? aborted(signal) : givenUp(signal)
      throw errorCode(error) === 'ERR_UNAVAILABLE' ? error : noAnswer(error, doing)
    }
  }
}

function givenUp({ reason }: AbortSignal): VaultError {
  return new VaultError('ERR_UNAVAILABLE', 'The change was given up on its way.', { cause: reason })
}
