import { errorCode, throwIfAborted, VaultError } from '../errors.ts'
import type { Runtime } from '../runtime.ts'
import { givenUpError } from '../store/outcomes.ts'

/** What a store needs of `fetch`. It must not send a request twice, nor answer one from a cache. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

/** One request. */
export interface HttpRequest {
  readonly method: 'GET' | 'PUT' | 'DELETE'
  readonly url: string
  readonly headers?: HeadersInit
  readonly body?: Uint8Array<ArrayBuffer>
  /** What it does, for messages: `read file vault`. */
  readonly doing: string
  /** What to look at when no answer comes, for messages: a sentence. */
  readonly advice: string
  readonly signal?: AbortSignal | undefined
}

/** A whole answer. */
export interface HttpAnswer {
  /** 0 where a browser hides a redirection. */
  readonly status: number
  readonly headers: Headers
  readonly body: Uint8Array<ArrayBuffer>
}

/** How every request of a store is sent: by whom it is addressed to, once, past caches, and telling nobody where it comes from. */
export const PRIVATE: Readonly<RequestInit> = Object.freeze({
  redirect: 'manual', // who follows one sends a write twice, or takes a sign-in page for an answer
  cache: 'no-store',
  credentials: 'omit',
  referrerPolicy: 'no-referrer',
})

/** Causes of causes that are looked at. */
const MAX_DEPTH = 4

/**
 * The system's own name of what broke a connection, as in ` (ECONNRESET)`; else nothing. That is all of an error that a message
 * may repeat: the rest of it may hold the request with its secrets.
 */
export function reasonOf(error: unknown): string {
  let each = error
  for (let depth = 0; each instanceof Error && depth < MAX_DEPTH; depth++) {
    const code = 'code' in each ? each.code : undefined
    if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,40}$/.test(code)) return ` (${code})`
    each = each.cause
  }
  return ''
}

/** How long an answer asks to wait, in milliseconds (RFC 9110, section 10.2.3); `undefined` where it does not. */
export function retryAfterMs(headers: Headers, clock: Pick<Runtime, 'now'>): number | undefined {
  const value = headers.get('retry-after') ?? ''
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000
  const atMs = value.endsWith(' GMT') ? Date.parse(value) : Number.NaN
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - clock.now())
}

/** Whether an answer says that it is a page for people. */
export function isHtml({ headers }: Pick<HttpAnswer, 'headers'>): boolean {
  return /^(text\/html|application\/xhtml\+xml)\b/i.test(headers.get('content-type') ?? '')
}

/** A cut body that its own end does not give away; a coding that the platform has undone changes the length. */
function assertWhole({ status, headers }: Response, { length }: Uint8Array, doing: string): void {
  const stated = headers.get('content-length')
  if (status === 304 || stated === null || (headers.get('content-encoding') ?? 'identity') !== 'identity') return
  if (Number(stated) === length) return
  throw new VaultError('ERR_UNAVAILABLE', `Cannot ${doing}: ${length} bytes arrived of ${stated}. Try again.`)
}

/**
 * Sends a request, once, and waits for the whole answer, whatever it says. `ERR_ABORTED`: a read was given up.
 * `ERR_UNAVAILABLE`: no whole answer arrived, or a change was given up on its way.
 */
export async function exchange(fetch: Fetch, request: HttpRequest): Promise<HttpAnswer> {
  const { method, url, headers, body, doing, advice, signal } = request
  try {
    const response = await fetch(url, {
      ...PRIVATE,
      method,
      ...(headers && { headers }),
      ...(body && { body }),
      ...(signal && { signal }),
    })
    const received = new Uint8Array(await response.arrayBuffer())
    assertWhole(response, received, doing)
    return { status: response.status, headers: response.headers, body: received }
  } catch (error) {
    if (method === 'GET') throwIfAborted(signal)
    if (signal?.aborted) throw givenUpError(signal)
    if (errorCode(error) === 'ERR_UNAVAILABLE') throw error
    throw new VaultError('ERR_UNAVAILABLE', `Cannot ${doing}: no whole answer arrived${reasonOf(error)}. ${advice}`)
  }
}
