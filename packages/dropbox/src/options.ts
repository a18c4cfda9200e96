import { createRuntime, type Runtime } from '@vaultdb/core'
import { checkOptions, type Fetch } from '@vaultdb/core/adapter'
import { isToken } from './token-endpoint.ts'

/** What `getAccessToken` is called with. */
export interface AccessTokenRequest {
  /** Whether Dropbox has refused the last token: that one will not do again. */
  readonly refused: boolean
  /** Aborted when nobody waits for the token any more. */
  readonly signal: AbortSignal
}

/** Options of `createDropboxStore`. Exactly one of `accessToken`, `getAccessToken` and `refreshToken` is needed. */
export interface DropboxStoreOptions {
  /** A token that somebody else looks after; those that Dropbox gives today end after four hours. */
  readonly accessToken?: string
  /**
   * Asked for a token before the first request, and again when Dropbox refuses one; once, however many requests wait. May throw a
   * `VaultError` with `ERR_UNAUTHORIZED`; whatever else it throws is `ERR_UNAVAILABLE`.
   */
  readonly getAccessToken?: (request: AccessTokenRequest) => string | Promise<string>
  /** With `clientId`, what `finishDropboxSignIn` gives: access tokens are then got as they are needed. */
  readonly refreshToken?: string
  /** The key of the app that the refresh token belongs to. */
  readonly clientId?: string
  /**
   * The vault's folder, as in `/vaults/mine`; inside the app's own folder where the app has one. Holds one vault and nothing
   * else. Default `''`: that folder itself.
   */
  readonly folder?: string
  /** Sends the requests. Default: the platform's. */
  readonly fetch?: Fetch
  /** Clocks, jitter, timers, and a fast SHA-256 where there is one. Default: the platform's. */
  readonly runtime?: Pick<Runtime, 'now' | 'monotonicMs' | 'jitter' | 'sleep' | 'sha256'>
}

/** Where access tokens come from. */
export type Credentials =
  | { readonly kind: 'token'; readonly accessToken: string }
  | { readonly kind: 'callback'; readonly getAccessToken: NonNullable<DropboxStoreOptions['getAccessToken']> }
  | { readonly kind: 'refresh'; readonly clientId: string; readonly refreshToken: string }

/** The options, checked, with their defaults. */
export interface Settings {
  readonly credentials: Credentials
  readonly folder: string
  readonly fetch: Fetch
  readonly runtime: Pick<Runtime, 'now' | 'monotonicMs' | 'jitter' | 'sleep' | 'sha256'>
}

const NAMES: readonly (keyof DropboxStoreOptions)[] = [
  'accessToken',
  'getAccessToken',
  'refreshToken',
  'clientId',
  'folder',
  'fetch',
  'runtime',
]

const MAX_NAME_LENGTH = 255

/** Not bound to the global object: an application may replace it later. */
export const platformFetch: Fetch = (url, init) => globalThis.fetch(url, init)

/** The options with their defaults. Throws a `TypeError` for what they cannot be; it never repeats a value. */
export function resolveOptions(options: DropboxStoreOptions): Settings {
  checkOptions(options, NAMES, 'createDropboxStore')
  const { folder = '', fetch = platformFetch, runtime = createRuntime() } = options
  if (!isFolder(folder)) throw new TypeError('Option `folder` must be a path as in "/vaults/mine", or empty.')
  if (typeof fetch !== 'function') throw new TypeError('Option `fetch` must be a function.')
  return { credentials: credentialsOf(options), folder, fetch, runtime }
}

function credentialsOf({ accessToken, getAccessToken, refreshToken, clientId }: DropboxStoreOptions): Credentials {
  const given = [accessToken, getAccessToken, refreshToken].filter((each) => each !== undefined)
  if (given.length !== 1) {
    throw new TypeError('Give exactly one of the options `accessToken`, `getAccessToken` and `refreshToken`.')
  }
  if ((refreshToken === undefined) !== (clientId === undefined)) {
    throw new TypeError('Options `refreshToken` and `clientId` belong together.')
  }
  if (accessToken !== undefined) {
    if (!isToken(accessToken)) throw new TypeError('Option `accessToken` is not a token.')
    return { kind: 'token', accessToken }
  }
  if (getAccessToken !== undefined) {
    if (typeof getAccessToken !== 'function') throw new TypeError('Option `getAccessToken` must be a function.')
    return { kind: 'callback', getAccessToken }
  }
  if (!isToken(refreshToken)) throw new TypeError('Option `refreshToken` is not a token.')
  if (!isToken(clientId)) throw new TypeError('Option `clientId` must be the key of a Dropbox app.')
  return { kind: 'refresh', clientId, refreshToken }
}

function isFolder(folder: unknown): folder is string {
  if (folder === '') return true
  if (typeof folder !== 'string' || !folder.startsWith('/')) return false
  const names = folder.slice(1).split('/')
  return names.every(
    (name) =>
      name !== '' &&
      name !== '.' &&
      name !== '..' &&
      name.length <= MAX_NAME_LENGTH &&
      // Dropbox does not keep spaces and dots at the end apart on all systems.
      !/[\\\p{Cc}\p{Cs}]|[ .]$/u.test(name),
  )
}
