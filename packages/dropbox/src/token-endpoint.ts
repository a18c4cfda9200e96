import { type Runtime, VaultError } from '@vaultdb/core'
import { type Fetch, PRIVATE, retryAfterMs } from '@vaultdb/core/adapter'
import { failure, foreignAnswer } from './failures.ts'

const TOKEN_ENDPOINT = 'https://api.dropboxapi.com/oauth2/token'

/** What Dropbox gives for a code or a refresh token (RFC 6749, section 5.1). */
export interface IssuedTokens {
  readonly accessToken: string
  /** How long the access token is good for. */
  readonly lifetimeMs: number
  readonly refreshToken?: string
}

/** Tokens have to fit into a header; and what `fetch` says of a header that does not fit repeats it. */
export function isToken(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]{1,8192}$/.test(value)
}

/**
 * Asks for tokens. The SDK can do that, but puts codes and refresh tokens into the URL, which browsers, proxies and logs
 * keep; RFC 6749, section 2.3.1, wants them in the body.
 */
export async function requestTokens(
  fetch: Fetch,
  parameters: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
  clock: Pick<Runtime, 'now'>,
): Promise<IssuedTokens> {
  let response: Response
  let text: string
  try {
    response = await fetch(TOKEN_ENDPOINT, {
      ...PRIVATE,
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(parameters).toString(),
      ...(signal === undefined ? {} : { signal }),
    })
    text = await response.text()
  } catch (error) {
    throw failure(error, 'get an access token from Dropbox', clock)
  }
  const answer = parsed(text)
  if (!response.ok) throw refusal(response, answer, parameters, clock)
  const { access_token: accessToken, expires_in: seconds, refresh_token: refreshToken } = answer
  if (!isToken(accessToken) || typeof seconds !== 'number' || !(seconds >= 0)) {
    throw foreignAnswer('Dropbox was asked for an access token.')
  }
  return { accessToken, lifetimeMs: seconds * 1000, ...(isToken(refreshToken) ? { refreshToken } : {}) }
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
  } catch {
    return {}
  }
}

const APP = 'Check the key of the Dropbox app.'
const CODE = 'The code is wrong, too old or was used before: begin to sign in to Dropbox again.'
const ACCESS = 'The access was revoked or has expired: sign in to Dropbox again.'

/** RFC 6749, section 5.2. Only the code of the error is shown: descriptions may repeat what was sent. */
function refusal(
  { status, headers }: Response,
  { error }: Readonly<Record<string, unknown>>,
  { grant_type: grant }: Readonly<Record<string, string>>,
  clock: Pick<Runtime, 'now'>,
): VaultError {
  const code = typeof error === 'string' ? (/^[a-z_]{1,40}/.exec(error)?.[0] ?? '') : ''
  const what = `Dropbox gives no access token (HTTP ${status}${code && ` ${code}`}).`
  if ((status === 400 || status === 401) && code !== '') {
    const given = grant === 'authorization_code' ? CODE : ACCESS
    return new VaultError('ERR_UNAUTHORIZED', `${what} ${code.endsWith('_client') ? APP : given}`)
  }
  const waitMs = retryAfterMs(headers, clock)
  const details = waitMs === undefined ? {} : { retryAfterMs: waitMs }
  return new VaultError('ERR_UNAVAILABLE', `${what} Try again later.`, details)
}
