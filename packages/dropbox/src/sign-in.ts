import { sha256 } from '@noble/hashes/sha2.js'
import { createRuntime, type Runtime, VaultError } from '@vaultdb/core'
import { checkOptions, type Fetch } from '@vaultdb/core/adapter'
import { foreignAnswer } from './failures.ts'
import { platformFetch } from './options.ts'
import { requestTokens } from './token-endpoint.ts'

const AUTHORIZATION_PAGE = 'https://www.dropbox.com/oauth2/authorize'
const SCOPES = 'files.content.read files.content.write files.metadata.read'
/** 43 characters of verifier, as RFC 7636, section 4.1, recommends. */
const VERIFIER_BYTES = 32
const STATE_BYTES = 16

/** Options of `startDropboxSignIn`. */
export interface SignInOptions {
  /** The key of the Dropbox app. The app's secret is not needed, and must not be in a program that others have. */
  readonly clientId: string
  /**
   * Where the browser comes back to, with the code: registered with the app, exactly like this. Without it, Dropbox shows the code,
   * and the person copies it.
   */
  readonly redirectUri?: string
  /** Where random values come from. Default: the platform's. */
  readonly runtime?: Pick<Runtime, 'randomBytes'>
}

/** What to keep between the two steps, where only this person's program can read it: session storage, a variable. JSON. */
export interface PendingSignIn {
  readonly clientId: string
  readonly redirectUri?: string
  readonly codeVerifier: string
  readonly state: string
}

/** A sign-in that has begun. */
export interface DropboxSignIn {
  /** Dropbox's page, for the person to open. */
  readonly url: string
  readonly pending: PendingSignIn
}

/** For `createDropboxStore`. Keep it as you would keep a password. */
export interface DropboxCredentials {
  readonly clientId: string
  readonly refreshToken: string
}

function base64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}

/**
 * Begins to sign in to Dropbox: authorization code with PKCE (RFC 7636), for pages and command lines, which can keep no secret.
 * Nothing is sent. The SDK's own way keeps the verifier in an object that a page loses when the browser leaves it.
 *
 * @example
 * ```ts no-run
 * import { startDropboxSignIn } from '@vaultdb/dropbox'
 *
 * const { url, pending } = startDropboxSignIn({ clientId: 'the-app-key', redirectUri: location.origin })
 * sessionStorage.setItem('dropbox', JSON.stringify(pending))
 * location.assign(url)
 * ```
 */
export function startDropboxSignIn(options: SignInOptions): DropboxSignIn {
  checkOptions(options, ['clientId', 'redirectUri', 'runtime'], 'startDropboxSignIn')
  const { clientId, redirectUri, runtime = createRuntime() } = options
  if (typeof clientId !== 'string' || clientId === '')
    throw new TypeError('Option `clientId` must be the key of a Dropbox app.')
  const codeVerifier = base64Url(runtime.randomBytes(VERIFIER_BYTES))
  const state = base64Url(runtime.randomBytes(STATE_BYTES))
  const redirect = redirectUri === undefined ? {} : { redirectUri }
  const url = new URL(AUTHORIZATION_PAGE)
  const parameters = {
    response_type: 'code',
    client_id: clientId,
    code_challenge: base64Url(sha256(new TextEncoder().encode(codeVerifier))),
    code_challenge_method: 'S256',
    token_access_type: 'offline', // or there is no refresh token
    scope: SCOPES,
    ...(redirectUri === undefined ? {} : { redirect_uri: redirectUri, state }),
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return { url: url.href, pending: { clientId, ...redirect, codeVerifier, state } }
}

/**
 * Ends the sign-in: exchanges the code for a refresh token. A code is good for one try.
 *
 * @param pending What `startDropboxSignIn` gave, as it was kept.
 * @param answer The address that the browser came back to, or the code that the person copied.
 * @returns What `createDropboxStore` takes.
 * @throws VaultError `ERR_UNAUTHORIZED`: the person did not agree, the code is wrong or too old, or the answer belongs to another
 * sign-in (`state`); begin again. `ERR_UNAVAILABLE`: Dropbox did not answer; begin again.
 * @example
 * ```ts no-run
 * import { createDropboxStore, finishDropboxSignIn } from '@vaultdb/dropbox'
 *
 * const pending = JSON.parse(sessionStorage.getItem('dropbox') ?? '')
 * const credentials = await finishDropboxSignIn(pending, location.href)
 * history.replaceState(null, '', location.pathname) // the address must not keep the code
 * const store = createDropboxStore({ ...credentials, folder: '/vault' })
 * ```
 */
export async function finishDropboxSignIn(
  pending: PendingSignIn,
  answer: string,
  options: { readonly fetch?: Fetch; readonly signal?: AbortSignal } = {},
): Promise<DropboxCredentials> {
  const { clientId, redirectUri, codeVerifier } = pending
  const code = redirectUri === undefined ? answer.trim() : codeIn(answer, pending)
  if (!/^[\x21-\x7e]{1,2048}$/.test(code)) throw declined('That is no code of Dropbox.')
  const parameters = {
    grant_type: 'authorization_code',
    code,
    client_id: clientId,
    code_verifier: codeVerifier,
    ...(redirectUri === undefined ? {} : { redirect_uri: redirectUri }),
  }
  const { refreshToken } = await requestTokens(
    options.fetch ?? platformFetch,
    parameters,
    options.signal,
    createRuntime(),
  )
  if (refreshToken === undefined) throw foreignAnswer('Dropbox was asked for a refresh token.')
  return { clientId, refreshToken }
}

function codeIn(address: string, { state }: PendingSignIn): string {
  if (!URL.canParse(address)) throw declined('That is not the address that the browser came back to.')
  const { searchParams } = new URL(address)
  // Else somebody could have this person's documents written to a Dropbox of his own (RFC 6749, section 10.12).
  if (searchParams.get('state') !== state) throw declined('This answer belongs to another sign-in.')
  const error = searchParams.get('error')
  if (error !== null)
    throw declined(error === 'access_denied' ? 'The access was not granted.' : 'Dropbox refused to sign in.')
  return searchParams.get('code') ?? ''
}

function declined(what: string): VaultError {
  return new VaultError('ERR_UNAUTHORIZED', `${what} Begin to sign in again.`)
}
