import { type Runtime, VaultError } from '@vaultdb/core'
import { type Fetch, isVaultError, SharedWork } from '@vaultdb/core/adapter'
import type { AccessTokenRequest, Credentials } from './options.ts'
import { isToken, requestTokens } from './token-endpoint.ts'

/** An access token is not used any more so long before its end: a large upload takes its time. */
const MARGIN_MS = 60_000

interface HeldToken {
  readonly token: string
  /** By the monotonic clock. */
  readonly goodUntilMs: number
}

/** The access token. However many requests need a new one at the same time, it is asked for once. */
export class Tokens {
  readonly #credentials: Credentials
  readonly #fetch: Fetch
  readonly #runtime: Pick<Runtime, 'now' | 'monotonicMs'>
  readonly #renewal: SharedWork<HeldToken>
  #held: HeldToken | undefined
  #refused: boolean = false

  constructor(credentials: Credentials, fetch: Fetch, runtime: Pick<Runtime, 'now' | 'monotonicMs'>) {
    this.#credentials = credentials
    this.#fetch = fetch
    this.#runtime = runtime
    this.#renewal = new SharedWork((signal) => this.#renewed(signal))
    if (credentials.kind === 'token')
      this.#held = { token: credentials.accessToken, goodUntilMs: Number.POSITIVE_INFINITY }
  }

  /** Whether there can be another token than the one that was refused. */
  get renewable(): boolean {
    return this.#credentials.kind !== 'token'
  }

  async get(signal: AbortSignal | undefined): Promise<string> {
    const held = this.#held
    if (held !== undefined && this.#runtime.monotonicMs() < held.goodUntilMs) return held.token
    const { token } = await this.#renewal.join(signal)
    return token
  }

  /** Another one than `refused`, which Dropbox does not accept (any more); others may have got it already. */
  async replace(refused: string, signal: AbortSignal | undefined): Promise<string> {
    if (this.#held?.token === refused) {
      this.#held = undefined
      this.#refused = true
    }
    return this.get(signal)
  }

  async #renewed(signal: AbortSignal): Promise<HeldToken> {
    const held = await this.#requested(signal)
    this.#held = held
    this.#refused = false
    return held
  }

  async #requested(signal: AbortSignal): Promise<HeldToken> {
    const credentials = this.#credentials
    if (credentials.kind === 'token') throw unusable('no other access token is there')
    if (credentials.kind === 'callback') {
      const token = await called(credentials.getAccessToken, { refused: this.#refused, signal })
      return { token, goodUntilMs: Number.POSITIVE_INFINITY }
    }
    const { clientId, refreshToken } = credentials
    const parameters = { grant_type: 'refresh_token', refresh_token: refreshToken, client_id: clientId }
    const sentMs = this.#runtime.monotonicMs()
    const { accessToken, lifetimeMs } = await requestTokens(this.#fetch, parameters, signal, this.#runtime)
    // A token that lives for less than the margin is still good for one request.
    return { token: accessToken, goodUntilMs: sentMs + Math.max(lifetimeMs - MARGIN_MS, lifetimeMs / 2) }
  }
}

/** What the application's own function gives. Its errors may hold anything, so only those of the contract are passed on. */
async function called(
  getAccessToken: (request: AccessTokenRequest) => string | Promise<string>,
  request: AccessTokenRequest,
): Promise<string> {
  let token: unknown
  try {
    token = await getAccessToken(request)
  } catch (error) {
    if (isVaultError(error)) throw error
    const name = error instanceof Error && /^[A-Za-z]{1,40}$/.test(error.name) ? error.name : 'Error'
    throw new VaultError('ERR_UNAVAILABLE', `The application's getAccessToken failed (${name}). Try again.`)
  }
  if (!isToken(token)) throw unusable('getAccessToken gave something else')
  return token
}

function unusable(why: string): VaultError {
  return new VaultError(
    'ERR_UNAUTHORIZED',
    `An access token for Dropbox is needed, but ${why}. Sign in to Dropbox again.`,
  )
}
