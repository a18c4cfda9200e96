import type { FileMetadata } from './account.ts'
import type { DecideFault, RequestRecord } from './faults.ts'
import { type DropboxEmulatorOptions, resolveOptions } from './options.ts'
import { EmulatorServer } from './server.ts'
import { Service } from './service.ts'

/** Which account, and what the token shall be like. */
export interface TokenOptions {
  /** Any name; an account is made by its first use. Default `'default'`. */
  readonly account?: string
  /** How long it is good for, in milliseconds. Default `accessTokenLifetimeMs`. */
  readonly lifetimeMs?: number
  /** What it allows. Default all that the emulator knows: reading and writing contents, reading metadata. */
  readonly scopes?: readonly string[]
}

/** A running emulator. */
export interface DropboxEmulator {
  /** Where it listens, as in `http://127.0.0.1:4711`. Functions are below `/2/`, or below the host they are meant for. */
  readonly url: string
  /** Sends requests that are meant for Dropbox's hosts here: for the `fetch` option of Dropbox's library and of the store. */
  readonly fetch: typeof globalThis.fetch
  /** All requests so far, without preflights. */
  readonly requests: readonly RequestRecord[]
  /** CORS preflights so far. */
  readonly preflights: number
  /** Asked about each request; replace it as you like. */
  faults: DecideFault | undefined
  /** An access token, as if somebody had signed in. */
  issueToken(options?: TokenOptions): string
  /** A refresh token, as if somebody had signed in for offline use. */
  issueRefreshToken(account?: string): string
  /** All access tokens that were issued so far are expired. */
  expireTokens(): void
  /** All tokens of the account are invalid, as if its owner had disconnected the app. */
  revoke(account?: string): void
  /**
   * What a person does who is sent to Dropbox's page and agrees: gives the code, or, where there is a `redirect_uri`, the address
   * that the browser goes to. Throws where Dropbox would show an error.
   */
  approve(authorizationUrl: string, account?: string): string
  /** All cursors that were given out so far are invalid. */
  resetCursors(): void
  /** The files of an account, by path. */
  files(account?: string): ReadonlyMap<string, { readonly metadata: FileMetadata; readonly data: Uint8Array }>
  /** Ends all connections and stops. */
  close(): Promise<void>
}

const DEFAULT_ACCOUNT = 'default'

/**
 * Starts a server on 127.0.0.1 that answers like Dropbox's HTTP API (files, their listings and changes, OAuth 2), as strictly as
 * that is documented. Accounts are in memory, and empty.
 *
 * @param options See {@link DropboxEmulatorOptions}; an unknown one is a `TypeError`.
 * @example
 * ```ts no-run
 * import { createDropboxStore } from '@vaultdb/dropbox'
 * import { startDropboxEmulator } from '@vaultdb/dropbox-emulator'
 *
 * const dropbox = await startDropboxEmulator()
 * const store = createDropboxStore({ accessToken: dropbox.issueToken(), fetch: dropbox.fetch })
 * await store.write('vault', new Uint8Array(10), null)
 * await dropbox.close()
 * ```
 */
export async function startDropboxEmulator(options: DropboxEmulatorOptions = {}): Promise<DropboxEmulator> {
  const service = new Service(resolveOptions(options))
  const server = new EmulatorServer(service, options.faults)
  const url = await server.listen()
  const { oauth } = service
  return {
    url,
    fetch: (input, init) => {
      const { host, pathname, search } = new URL(input instanceof Request ? input.url : input)
      const here = `${url}/${host}${pathname}${search}`
      return globalThis.fetch(input instanceof Request ? new Request(here, input) : here, init)
    },
    requests: server.records,
    get preflights(): number {
      return server.preflights
    },
    get faults(): DecideFault | undefined {
      return server.faults
    },
    set faults(decide: DecideFault | undefined) {
      server.faults = decide
    },
    issueToken: ({ account = DEFAULT_ACCOUNT, scopes, lifetimeMs } = {}) =>
      oauth.issueAccessToken(account, scopes, lifetimeMs),
    issueRefreshToken: (account = DEFAULT_ACCOUNT) => oauth.issueRefreshToken(account),
    expireTokens: () => oauth.expireAccessTokens(),
    revoke: (account = DEFAULT_ACCOUNT) => oauth.revoke(account),
    approve: (authorizationUrl, account = DEFAULT_ACCOUNT) => oauth.approve(authorizationUrl, account),
    resetCursors: () => service.cursors.reset(),
    files: (name = DEFAULT_ACCOUNT) => service.account(name).files(),
    close: () => server.close(),
  }
}
