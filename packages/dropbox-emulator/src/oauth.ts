import { createHash } from 'node:crypto'
import type { Runtime } from '@vaultdb/core'
import { badRequest, type EmulatedAnswer, json, unauthorized } from './answers.ts'

/** What a token allows, as it is checked for each endpoint. */
export const SCOPES: readonly string[] = ['files.content.read', 'files.content.write', 'files.metadata.read']

const TOKEN_BYTES = 48
/** Long enough for a person to paste it. */
const CODE_LIFETIME_MS = 600_000

interface AccessToken {
  readonly account: string
  readonly scopes: readonly string[]
  expiresMs: number
  revoked: boolean
}

interface Grant {
  readonly account: string
  revoked: boolean
}

interface Code {
  readonly account: string
  readonly challenge: string
  readonly redirectUri: string | null
  readonly offline: boolean
  readonly expiresMs: number
}

export interface OAuthOptions {
  readonly clientId: string
  readonly redirectUris: readonly string[]
  readonly accessTokenLifetimeMs: number
  readonly runtime: Pick<Runtime, 'now' | 'randomBytes'>
}

/** Who may do what: access tokens that expire, refresh tokens, and codes for them (RFC 6749; RFC 7636 with S256). */
export class OAuth {
  readonly #options: OAuthOptions
  readonly #accessTokens: Map<string, AccessToken> = new Map()
  readonly #refreshTokens: Map<string, Grant> = new Map()
  readonly #codes: Map<string, Code> = new Map()

  constructor(options: OAuthOptions) {
    this.#options = options
  }

  issueAccessToken(account: string, scopes: readonly string[] = SCOPES, lifetimeMs?: number): string {
    const token = this.#random('sl.u.')
    const expiresMs = this.#options.runtime.now() + (lifetimeMs ?? this.#options.accessTokenLifetimeMs)
    this.#accessTokens.set(token, { account, scopes, expiresMs, revoked: false })
    return token
  }

  issueRefreshToken(account: string): string {
    const token = this.#random('')
    this.#refreshTokens.set(token, { account, revoked: false })
    return token
  }

  /** All access tokens of now are expired from now on. */
  expireAccessTokens(): void {
    for (const token of this.#accessTokens.values()) token.expiresMs = this.#options.runtime.now()
  }

  /** The person has removed the app from the account. */
  revoke(account: string): void {
    for (const token of this.#accessTokens.values()) if (token.account === account) token.revoked = true
    for (const grant of this.#refreshTokens.values()) if (grant.account === account) grant.revoked = true
  }

  /** The account that the header or URL parameter speaks for. */
  authenticate(route: string, authorization: string | null, scope: string): string {
    if (authorization === null) {
      throw badRequest(route, 'Must provide HTTP header "Authorization" or URL parameter "authorization".')
    }
    const [, token] = /^Bearer (.+)$/.exec(authorization) ?? []
    if (token === undefined) {
      // Dropbox repeats what it was sent: error texts can hold a token.
      const problem = `Invalid authorization value in HTTP header "Authorization": "${authorization}".  Expecting "Bearer <oauth2-access-token>".`
      throw badRequest(route, problem)
    }
    if (!/^[A-Za-z0-9._~+/-]+=*$/.test(token)) throw badRequest(route, 'The given OAuth 2 access token is malformed.')
    const known = this.#accessTokens.get(token)
    if (known === undefined || known.revoked) throw unauthorized('invalid_access_token')
    if (known.expiresMs <= this.#options.runtime.now()) throw unauthorized('expired_access_token')
    if (!known.scopes.includes(scope)) throw unauthorized('missing_scope', { required_scope: scope })
    return known.account
  }

  /** What the person does on Dropbox's page: see {@link DropboxEmulator.approve}. */
  approve(authorizationUrl: string, account: string): string {
    const { origin, pathname, searchParams } = new URL(authorizationUrl)
    const expect = (condition: boolean, problem: string): void => {
      if (!condition) throw new Error(`Dropbox would refuse to sign in: ${problem}.`)
    }
    expect(
      origin === 'https://www.dropbox.com' || origin === 'https://dropbox.com',
      `no page of Dropbox's is at ${origin}`,
    )
    expect(pathname === '/oauth2/authorize', `unknown page ${pathname}`)
    expect(searchParams.get('client_id') === this.#options.clientId, 'invalid client_id')
    expect(searchParams.get('response_type') === 'code', 'response_type must be "code"')
    expect(searchParams.get('code_challenge_method') === 'S256', 'code_challenge_method must be "S256"')
    const challenge = searchParams.get('code_challenge') ?? ''
    expect(/^[A-Za-z0-9_-]{43}$/.test(challenge), 'code_challenge must be the base64url of a SHA-256')
    const access = searchParams.get('token_access_type')
    expect(access === null || access === 'online' || access === 'offline', 'invalid token_access_type')
    const redirectUri = searchParams.get('redirect_uri')
    expect(redirectUri === null || this.#options.redirectUris.includes(redirectUri), 'redirect_uri is not registered')
    const state = searchParams.get('state')
    expect((state ?? '').length <= 500, 'state is longer than 500 bytes')
    const code = this.#random('')
    const expiresMs = this.#options.runtime.now() + CODE_LIFETIME_MS
    this.#codes.set(code, { account, challenge, redirectUri, offline: access === 'offline', expiresMs })
    if (redirectUri === null) return code
    const target = new URL(redirectUri)
    target.searchParams.set('code', code)
    if (state !== null) target.searchParams.set('state', state)
    return target.href
  }

  /** `POST /oauth2/token`. Its errors are those of RFC 6749, section 5.2, and not those of the API. */
  token(parameters: URLSearchParams): EmulatedAnswer {
    if (parameters.get('client_id') !== this.#options.clientId) {
      return refusal('invalid_client: Invalid client_id or client_secret')
    }
    switch (parameters.get('grant_type')) {
      case 'refresh_token':
        return this.#refresh(parameters.get('refresh_token'))
      case 'authorization_code':
        return this.#exchange(parameters)
      default:
        return refusal('unsupported_grant_type', 'grant_type must be "authorization_code" or "refresh_token"')
    }
  }

  #refresh(token: string | null): EmulatedAnswer {
    if (token === null) return refusal('invalid_request', 'missing required field "refresh_token"')
    const grant = this.#refreshTokens.get(token)
    if (grant === undefined || grant.revoked) return refusal('invalid_grant', 'refresh token is invalid or revoked')
    return json(200, this.#issued(grant.account))
  }

  #exchange(parameters: URLSearchParams): EmulatedAnswer {
    const given = parameters.get('code') ?? ''
    const code = this.#codes.get(given)
    this.#codes.delete(given) // a code is good for one try (RFC 6749, section 4.1.2)
    if (code === undefined) return refusal('invalid_grant', "code doesn't exist or has expired")
    if (code.expiresMs <= this.#options.runtime.now()) return refusal('invalid_grant', 'code has expired')
    if (code.redirectUri !== parameters.get('redirect_uri')) return refusal('invalid_grant', 'redirect_uri mismatch')
    const verifier = parameters.get('code_verifier') ?? ''
    if (!/^[A-Za-z0-9._~-]{43,128}$/.test(verifier)) return refusal('invalid_request', 'invalid code verifier')
    if (createHash('sha256').update(verifier).digest('base64url') !== code.challenge) {
      return refusal('invalid_grant', 'invalid code verifier')
    }
    const offline = code.offline ? { refresh_token: this.issueRefreshToken(code.account) } : {}
    const who = { uid: '1', account_id: `dbid:${code.account}` }
    return json(200, { ...this.#issued(code.account), ...offline, scope: SCOPES.join(' '), ...who })
  }

  #issued(account: string): Readonly<Record<string, unknown>> {
    const expiresIn = Math.floor(this.#options.accessTokenLifetimeMs / 1000)
    return { access_token: this.issueAccessToken(account), token_type: 'bearer', expires_in: expiresIn }
  }

  #random(prefix: string): string {
    return prefix + Buffer.from(this.#options.runtime.randomBytes(TOKEN_BYTES)).toString('base64url')
  }
}

function refusal(error: string, description?: string): EmulatedAnswer {
  return json(400, description === undefined ? { error } : { error, error_description: description })
}
