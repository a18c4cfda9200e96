import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { type Answer, type Client, startClient } from './client.ts'

const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk' // RFC 7636, appendix B
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
const REDIRECT = 'https://app.example/signed-in'

const token = ({ send }: Client, parameters: Record<string, string>): Promise<Answer> =>
  send('https://api.dropboxapi.com/oauth2/token', {
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ client_id: 'emulated-app', ...parameters }).toString(),
  })

function page(parameters: Record<string, string | null> = {}): string {
  const url = new URL('https://www.dropbox.com/oauth2/authorize')
  const all: Record<string, string | null> = {
    client_id: 'emulated-app',
    response_type: 'code',
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
    token_access_type: 'offline',
    ...parameters,
  }
  for (const [name, value] of Object.entries(all)) if (value !== null) url.searchParams.set(name, value)
  return url.href
}

const exchange = (client: Client, code: string, more: Record<string, string> = {}): Promise<Answer> =>
  token(client, { grant_type: 'authorization_code', code, code_verifier: VERIFIER, ...more })

test('the challenge of the RFC is that of its verifier', () => {
  expect(createHash('sha256').update(VERIFIER).digest('base64url')).toBe(CHALLENGE)
})

describe('a refresh token', () => {
  test('gives access tokens that work, until it is revoked', async () => {
    const client = await startClient({ accessTokenLifetimeMs: 60_000 })
    const refreshToken = client.emulator.issueRefreshToken()
    const renew = (): Promise<Answer> => token(client, { grant_type: 'refresh_token', refresh_token: refreshToken })
    const { status, json } = await renew()
    expect([status, json]).toEqual([200, { access_token: expect.any(String), token_type: 'bearer', expires_in: 60 }])
    client.token = String(json.access_token)
    expect((await client.upload({ path: '/a' })).status).toBe(200)
    client.emulator.revoke()
    const revoked = await renew()
    expect([revoked.status, revoked.json]).toEqual([
      400,
      { error: 'invalid_grant', error_description: 'refresh token is invalid or revoked' },
    ])
    expect((await client.upload({ path: '/a' })).status).toBe(401)
  })

  test('is taken from the URL as well', async () => {
    const { send, emulator } = await startClient()
    const search = `grant_type=refresh_token&client_id=emulated-app&refresh_token=${emulator.issueRefreshToken()}`
    expect((await send(`https://api.dropboxapi.com/oauth2/token?${search}`)).status).toBe(200)
  })

  test.each([
    [{ grant_type: 'refresh_token', refresh_token: 'unknown' }, 'invalid_grant'],
    [{ grant_type: 'refresh_token' }, 'invalid_request'],
    [{ grant_type: 'password' }, 'unsupported_grant_type'],
    [{ grant_type: 'refresh_token', client_id: 'other' }, 'invalid_client: Invalid client_id or client_secret'],
  ])('%j is %s', async (parameters, error) => {
    const client = await startClient()
    const { status, json } = await token(client, parameters)
    expect([status, json.error]).toEqual([400, error])
  })
})

describe('signing in', () => {
  test('by a code that the person copies', async () => {
    const client = await startClient()
    const { status, json } = await exchange(client, client.emulator.approve(page()))
    expect([status, json]).toMatchObject([200, { refresh_token: expect.any(String), account_id: 'dbid:default' }])
    const renewed = await token(client, { grant_type: 'refresh_token', refresh_token: String(json.refresh_token) })
    expect(renewed.status).toBe(200)
  })

  test('by the address that the browser comes back to', async () => {
    const client = await startClient({ redirectUris: [REDIRECT] })
    const back = new URL(client.emulator.approve(page({ redirect_uri: REDIRECT, state: 'a b' }), 'ada'))
    expect([back.origin + back.pathname, back.searchParams.get('state')]).toEqual([REDIRECT, 'a b'])
    const code = back.searchParams.get('code') ?? ''
    const { json } = await exchange(client, code, { redirect_uri: REDIRECT })
    expect(json.account_id).toBe('dbid:ada')
  })

  test('for online use gives no refresh token', async () => {
    const client = await startClient()
    const { json } = await exchange(client, client.emulator.approve(page({ token_access_type: null })))
    expect(json).not.toHaveProperty('refresh_token')
  })

  test('a code is good once, for some minutes, for its own verifier and address', async () => {
    const client = await startClient({ redirectUris: [REDIRECT] })
    const fresh = (): string => client.emulator.approve(page())
    const refused = async (answer: Promise<Answer>): Promise<unknown> => {
      const { status, json } = await answer
      return [status, json.error]
    }
    const code = fresh()
    expect((await exchange(client, code)).status).toBe(200)
    expect(await refused(exchange(client, code))).toEqual([400, 'invalid_grant'])
    const other = VERIFIER.replace('d', 'e')
    expect(await refused(exchange(client, fresh(), { code_verifier: other }))).toEqual([400, 'invalid_grant'])
    expect(await refused(exchange(client, fresh(), { code_verifier: 'short' }))).toEqual([400, 'invalid_request'])
    expect(await refused(exchange(client, fresh(), { redirect_uri: REDIRECT }))).toEqual([400, 'invalid_grant'])
    const old = fresh()
    client.runtime.advance(600_000)
    expect(await refused(exchange(client, old))).toEqual([400, 'invalid_grant'])
  })

  test.each([
    [{ client_id: 'other' }, 'invalid client_id'],
    [{ response_type: 'token' }, 'response_type'],
    [{ code_challenge_method: 'plain' }, 'code_challenge_method'],
    [{ code_challenge: 'short' }, 'code_challenge must'],
    [{ token_access_type: 'for ever' }, 'token_access_type'],
    [{ redirect_uri: 'https://evil.example/' }, 'redirect_uri is not registered'],
    [{ state: 'x'.repeat(501) }, 'state is longer'],
  ])('with %j is refused', async (parameters, problem) => {
    const { emulator } = await startClient({ redirectUris: [REDIRECT] })
    expect(() => emulator.approve(page(parameters))).toThrow(problem)
  })

  test('at another place than Dropbox is refused', async () => {
    const { emulator } = await startClient()
    expect(() => emulator.approve(page().replace('www.dropbox.com', 'dropbox.example'))).toThrow('no page of Dropbox')
    expect(() => emulator.approve(page().replace('/authorize', '/other'))).toThrow('unknown page')
  })
})
