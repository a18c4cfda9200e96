import type { Runtime, Version } from '@vaultdb/core'
import { exchange, type Fetch, type HttpRequest, isHtml, opaqueTagOf, retryAfterMs } from '@vaultdb/core/adapter'
import type { Access } from './access.ts'

/** One request. */
export interface Sending extends Omit<HttpRequest, 'url' | 'headers' | 'advice'> {
  /** Below the storage root, escaped. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
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

const ADVICE = 'Check the connection; a web page also needs the server to allow it (CORS).'

/** Whether a body begins as HTML does. Some servers call a plain "Not Found" HTML as well. */
function looksLikePage(body: Uint8Array): boolean {
  return /^[\uFEFF\s]*</.test(new TextDecoder().decode(body.subarray(0, 200)))
}

/**
 * Sends one request, once, and waits for the whole answer, whatever it says. `ERR_ABORTED`: a read was given up.
 * `ERR_UNAVAILABLE`: no whole answer arrived, or a change was given up on its way.
 */
export async function send(
  { path, ...sending }: Sending,
  { root, token }: Access,
  { fetch, runtime }: { readonly fetch: Fetch; readonly runtime: Pick<Runtime, 'now'> },
): Promise<Answer> {
  const headers = { ...sending.headers, Authorization: `Bearer ${token}` }
  const answer = await exchange(fetch, { ...sending, url: `${root}${path}`, headers, advice: ADVICE })
  const html = isHtml(answer)
  return {
    status: answer.status,
    version: opaqueTagOf(answer.headers.get('etag')),
    body: answer.body,
    isHtml: html,
    isPage: html && looksLikePage(answer.body),
    asksForToken: /^bearer\b/i.test(answer.headers.get('www-authenticate') ?? ''),
    retryAfterMs: retryAfterMs(answer.headers, runtime),
  }
}
