import { type Runtime, throwIfAborted, VaultError, type Version } from '@vaultdb/core'
import type { Access } from './access.ts'
import { versionOf } from './etag.ts'

/** One request. */
export interface Sending {
  readonly method: 'GET' | 'PUT' | 'DELETE'
  /** Below the storage root, escaped. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array<ArrayBuffer>
  /** What it does, for messages: `read file vault`. */
  readonly doing: string
  readonly signal?: AbortSignal | undefined
}

/** A whole answer. */
export interface Answer {
  /** 0 where a browser hides a redirection. */
  readonly status: number
  readonly version: Version | null
  readonly body: Uint8Array<ArrayBuffer>
  /** Whether it says that it is HTML. */
  readonly isHtml: boolean
  /** Whether it is a page for people to look at: not a word of a storage server's. */
  readonly isPage: boolean
  /** Whether it asks for a bearer token (RFC 6750, section 3). */
  readonly asksForToken: boolean
  readonly retryAfterMs: number | undefined
}

function retryAfterMs(headers: Headers, nowMs: number): number | undefined {
  const value = headers.get('retry-after')
  if (value === null) return undefined
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000
  const atMs = value.endsWith(' GMT') ? Date.parse(value) : Number.NaN // RFC 9110, section 5.6.7
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs)
}

/** Whether a body begins as HTML does. Some servers call a plain "Not Found" HTML as well. */
function looksLikePage(body: Uint8Array): boolean {
  return /^[\uFEFF\s]*</.test(new TextDecoder().decode(body.subarray(0, 200)))
}

/** The system's own name of what broke a connection. Nothing else of the error is kept: it may hold the request. */
function reasonOf(error: unknown): string {
  for (let each = error, depth = 0; each instanceof Error && depth < 4; each = each.cause, depth++) {
    const code = 'code' in each ? each.code : undefined
    if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,40}$/.test(code)) return ` (${code})`
  }
  return ''
}

function noAnswer({ doing }: Sending, error: unknown): VaultError {
  const advice = 'Check the connection; a web page also needs the server to allow it (CORS).'
  return new VaultError('ERR_UNAVAILABLE', `Cannot ${doing}: no whole answer arrived${reasonOf(error)}. ${advice}`)
}

/**
 * Sends one request, once, and waits for the whole answer, whatever it says. `ERR_ABORTED`: a read was given up.
 * `ERR_UNAVAILABLE`: no whole answer arrived, or a change was given up on its way.
 */
export async function send(
  sending: Sending,
  { root, token }: Access,
  { fetch, runtime }: { readonly fetch: typeof globalThis.fetch; readonly runtime: Pick<Runtime, 'now'> },
): Promise<Answer> {
  const { method, path, headers, body, signal } = sending
  try {
    const response = await fetch(`${root}${path}`, {
      method,
      headers: { ...headers, Authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body }),
      ...(signal === undefined ? {} : { signal }),
      redirect: 'manual', // who follows one sends a write twice, or takes a sign-in page for an answer
      cache: 'no-store',
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
    })
    const received = new Uint8Array(await response.arrayBuffer())
    const isHtml = /^(text\/html|application\/xhtml)/i.test(response.headers.get('content-type') ?? '')
    return {
      status: response.status,
      version: versionOf(response.headers.get('etag')),
      body: received,
      isHtml,
      isPage: isHtml && looksLikePage(received),
      asksForToken: /^bearer\b/i.test(response.headers.get('www-authenticate') ?? ''),
      retryAfterMs: retryAfterMs(response.headers, runtime.now()),
    }
  } catch (error) {
    if (method === 'GET') throwIfAborted(signal)
    throw signal?.aborted
      ? new VaultError('ERR_UNAVAILABLE', 'The change was given up on its way.')
      : noAnswer(sending, error)
  }
}
