import { beforeSending, type Fetch, PRIVATE } from '@vaultdb/core/adapter'
import { foreignAnswer, tagsOf } from './failures.ts'
import type { Tokens } from './tokens.ts'

/** The one host that is asked without authorization: there the cursor says who asks. */
const OPEN_HOST = 'notify.dropboxapi.com'
/** What changes files. */
const CHANGES = /\/files\/(upload|delete_v2)$/
/** Refusals of a token after which another one may be accepted. */
const RENEWABLE: ReadonlySet<string> = new Set(['expired_access_token', 'invalid_access_token'])

/**
 * What the SDK sends its requests with. The SDK gets no tokens: it would renew an expired one once for each of the requests that
 * wait, with the refresh token in the URL, and not at all when Dropbox refuses one.
 *
 * A request that was answered with 401 is sent again, once, with a new token: also a write. Dropbox has refused it for who sent it,
 * before anything of it was done (RFC 6750, section 3.1). No other request is ever sent twice.
 */
export function createTransport(fetch: Fetch, tokens: Tokens): Fetch {
  const send = (url: string, init: RequestInit, token: string | null): Promise<Response> => {
    const authorization: Record<string, string> = token === null ? {} : { Authorization: `Bearer ${token}` }
    return fetch(url, {
      ...init,
      ...PRIVATE,
      headers: { ...(init.headers as Record<string, string>), ...authorization },
    })
  }

  return async (url, init = {}) => {
    if (new URL(url).hostname === OPEN_HOST) return genuine(url, await send(url, init, null))
    const signal = init.signal ?? undefined
    const kind = CHANGES.test(url) ? 'change' : 'read'
    const token = await beforeSending(kind, tokens.get(signal))
    const response = await send(url, init, token)
    if (response.status !== 401 || !tokens.renewable) return genuine(url, response)
    const text = await response.text()
    if (!isRenewable(text)) return new Response(text, { status: 401, headers: response.headers })
    return genuine(url, await send(url, init, await beforeSending(kind, tokens.replace(token, signal))))
  }
}

function isRenewable(text: string): boolean {
  try {
    return tagsOf((JSON.parse(text) as { readonly error?: unknown } | null)?.error).some((tag) => RENEWABLE.has(tag))
  } catch {
    return false
  }
}

/** Refuses what says that all is well and is not of Dropbox's form: the page of a captive portal, say. */
async function genuine(url: string, response: Response): Promise<Response> {
  if (!response.ok) return response
  const isDownload = url.endsWith('/files/download')
  const type = response.headers.get('content-type') ?? ''
  if (isDownload ? response.headers.has('dropbox-api-result') : type.startsWith('application/json')) return response
  await response.body?.cancel().catch(() => undefined)
  throw foreignAnswer('Dropbox was asked.')
}
