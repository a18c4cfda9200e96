import { createDropboxStore, finishDropboxSignIn, startDropboxSignIn } from '@vaultdb/dropbox'
import { describe, expect, test } from 'vitest'
import { content, startDropbox } from './stores.ts'

const REDIRECT = 'https://app.example/signed-in?from=dropbox'
const CLIENT = { clientId: 'emulated-app' }

test('a command line: the person copies the code', async () => {
  const dropbox = await startDropbox()
  const { url, pending } = startDropboxSignIn(CLIENT)
  const { fetch } = dropbox
  const credentials = await finishDropboxSignIn(pending, ` ${dropbox.approve(url, 'ada')}\n`, { fetch })
  expect(credentials).toEqual({ clientId: 'emulated-app', refreshToken: expect.any(String) })
  await createDropboxStore({ ...credentials, fetch }).write('vault', content(1), null)
  expect([...dropbox.files('ada').keys()]).toEqual(['/vault'])
})

test('a page: what is pending outlives it as JSON, and the browser comes back with the code', async () => {
  const dropbox = await startDropbox({ redirectUris: [REDIRECT] })
  const { url, pending } = startDropboxSignIn({ ...CLIENT, redirectUri: REDIRECT })
  const kept = JSON.stringify(pending)
  const credentials = await finishDropboxSignIn(JSON.parse(kept), dropbox.approve(url), { fetch: dropbox.fetch })
  expect(await createDropboxStore({ ...credentials, fetch: dropbox.fetch }).read('vault')).toBeNull()
})

test('verifier and challenge are those of RFC 7636, appendix B', () => {
  const octets = [
    ...[116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186],
    ...[22, 212, 37, 77, 105, 214, 191, 240, 91, 88, 5, 88, 83, 132, 141, 121],
  ]
  const randomBytes = (length: number): Uint8Array<ArrayBuffer> => Uint8Array.from(octets.slice(0, length))
  const { url, pending } = startDropboxSignIn({ ...CLIENT, runtime: { randomBytes } })
  expect(pending.codeVerifier).toBe('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk')
  const { searchParams } = new URL(url)
  expect(searchParams.get('code_challenge')).toBe('E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM')
  expect(searchParams.get('code_challenge_method')).toBe('S256')
  expect(url).not.toContain(pending.codeVerifier)
})

test('verifiers and states do not repeat', () => {
  const all = Array.from({ length: 100 }, () => startDropboxSignIn(CLIENT).pending)
  expect(new Set(all.flatMap(({ codeVerifier, state }) => [codeVerifier, state])).size).toBe(200)
})

describe('what cannot be is ERR_UNAUTHORIZED, and nothing is asked', () => {
  const back = (parameters: Record<string, string>): string => `https://app.example/?${new URLSearchParams(parameters)}`
  test.each([
    ['an answer to another sign-in', () => back({ code: 'x', state: 'other' }), 'belongs to another sign-in'],
    ['an answer without a state', () => back({ code: 'x' }), 'belongs to another sign-in'],
    ['a refusal', (state: string) => back({ error: 'access_denied', state }), 'The access was not granted'],
    ['another error', (state: string) => back({ error: 'server_error', state }), 'Dropbox refused'],
    ['no code', (state: string) => back({ state }), 'no code of Dropbox'],
    ['no address', () => 'x', 'not the address'],
  ])('%s', async (_, answer, message) => {
    const dropbox = await startDropbox()
    const { pending } = startDropboxSignIn({ ...CLIENT, redirectUri: REDIRECT })
    const finishing = finishDropboxSignIn(pending, answer(pending.state), { fetch: dropbox.fetch })
    await expect(finishing).rejects.toMatchObject({
      code: 'ERR_UNAUTHORIZED',
      message: expect.stringContaining(message),
    })
    expect(dropbox.requests).toEqual([])
  })
})

test('a wrong code, or one that was used, is ERR_UNAUTHORIZED', async () => {
  const dropbox = await startDropbox()
  const { url, pending } = startDropboxSignIn(CLIENT)
  const { fetch } = dropbox
  const code = dropbox.approve(url)
  const rejected = { code: 'ERR_UNAUTHORIZED', message: expect.stringContaining('invalid_grant). The code is wrong') }
  await expect(finishDropboxSignIn(pending, 'wrong', { fetch })).rejects.toMatchObject(rejected)
  await finishDropboxSignIn(pending, code, { fetch })
  await expect(finishDropboxSignIn(pending, code, { fetch })).rejects.toMatchObject(rejected)
  expect(() => startDropboxSignIn({ clientId: '' })).toThrow(TypeError)
})

test('an app that Dropbox does not know is told from a wrong code', async () => {
  const dropbox = await startDropbox()
  const { pending } = startDropboxSignIn({ clientId: 'unknown-app' })
  await expect(finishDropboxSignIn(pending, 'code', { fetch: dropbox.fetch })).rejects.toMatchObject({
    code: 'ERR_UNAUTHORIZED',
    message: expect.stringContaining('invalid_client). Check the key of the Dropbox app'),
  })
})
