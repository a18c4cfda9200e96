import type { Runtime } from '@vaultdb/core'
import {
  beforeSending,
  exchange,
  type HttpAnswer,
  type HttpRequest,
  retryAfterMs,
  throwIfAborted,
} from '@vaultdb/core/adapter'
import { isExpiry, type Refusal } from './failures.ts'
import type { ResolvedOptions } from './options.ts'
import { createSigner, type Signer } from './signing.ts'

/** One request, not signed yet. */
export interface Sending extends Omit<HttpRequest, 'headers' | 'advice'> {
  readonly headers?: Readonly<Record<string, string>>
}

/** A whole answer. */
export interface Answer extends HttpAnswer {
  readonly refusal: Refusal
}

const ADVICE = 'Check the connection and the endpoint; in a web page also that the bucket’s CORS rules allow it.'

/** `<Code>` of an error document. Its other texts are not looked at: some of them quote keys and tokens. */
const ERROR_CODE = /^\s*(?:<\?xml[^>]*>\s*)?<Error(?:\s[^>]*)?>[\s\S]*?<Code>([A-Za-z0-9]{1,64})<\/Code>/
const MAX_ERROR_BYTES = 65_536

function errorCodeOf(body: Uint8Array): string | null {
  if (body.length > MAX_ERROR_BYTES) return null
  return ERROR_CODE.exec(new TextDecoder().decode(body))?.[1] ?? null
}

function refusalOf({ status, headers, body }: HttpAnswer, clock: Pick<Runtime, 'now'>): Refusal {
  const serviceMs = Date.parse(headers.get('date') ?? '')
  return {
    status,
    code: status >= 400 || (status >= 300 && status !== 304) ? errorCodeOf(body) : null,
    retryAfterMs: retryAfterMs(headers, clock),
    clockAheadMs: Number.isNaN(serviceMs) ? undefined : serviceMs - clock.now(),
  }
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
    const { method, headers = {}, body, signal } = sending
    const { fetch, runtime } = this.#options
    throwIfAborted(signal)
    const kind = method === 'GET' ? 'read' : 'change'
    const hash = body === undefined ? HASH_OF_NOTHING : await sha256Hex(body)
    const unsigned = { method, url: sending.url, headers: { ...headers, 'x-amz-content-sha256': hash } }
    for (let attempt = 1; ; attempt++) {
      const { expire, ...signed } = await beforeSending(kind, this.#sign(unsigned, signal))
      throwIfAborted(signal)
      const answer = await exchange(fetch, { ...sending, ...signed, advice: ADVICE })
      const refusal = refusalOf(answer, runtime)
      // Nothing was done, so this is no second sending of a write that may have been applied.
      if (attempt === 1 && isExpiry(refusal) && expire()) continue
      return { ...answer, refusal }
    }
  }
}
