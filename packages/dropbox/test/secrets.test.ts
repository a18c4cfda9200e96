import { inspect } from 'node:util'
import { createDropboxStore, finishDropboxSignIn, startDropboxSignIn } from '@vaultdb/dropbox'
import { type DropboxEmulator, type Fault, serverError } from '@vaultdb/dropbox-emulator'
import { expect, test } from 'vitest'
import { content, startDropbox } from './stores.ts'

/** All that can be got out of an error by looking: own and inherited, hidden and symbolic properties, causes, headers, requests. */
function everythingIn(value: unknown): string {
  const seen = new Set<object>()
  const texts: string[] = []
  const visit = (each: unknown): void => {
    if (typeof each === 'string') texts.push(each)
    if ((typeof each !== 'object' && typeof each !== 'function') || each === null || seen.has(each)) return
    seen.add(each)
    if (each instanceof Headers) texts.push(...[...each].flat())
    for (const name of Reflect.ownKeys(each)) {
      texts.push(String(name))
      const descriptor = Reflect.getOwnPropertyDescriptor(each, name)
      visit(descriptor && 'value' in descriptor ? descriptor.value : undefined)
    }
  }
  visit(value)
  return [...texts, inspect(value, { depth: null, showHidden: true }), String((value as Error).stack)].join('\n')
}

const FAULTS: readonly Fault[] = [
  {},
  { answer: 'reset' },
  { answer: { truncateAfterBytes: 3 } },
  { apply: false, answer: serverError() },
  { apply: false, answer: { status: 401, body: 'Bearer' } },
]

/** What each method of a store with these options rejects with, under each fault; also where nobody listens. */
async function errorsOf(
  dropbox: DropboxEmulator,
  options: Parameters<typeof createDropboxStore>[0],
): Promise<unknown[]> {
  const errors: unknown[] = []
  const attempt = async (work: Promise<unknown>): Promise<void> => {
    await work.catch((error: unknown) => errors.push(error))
  }
  const nowhere = (url: string, init?: RequestInit): Promise<Response> =>
    globalThis.fetch(`http://127.0.0.1:1/${new URL(url).pathname}`, init)
  // As some libraries do: the error holds the request.
  const talkative = async (url: string, init?: RequestInit): Promise<Response> => {
    throw Object.assign(new Error(`${url} ${JSON.stringify(init?.headers)} ${init?.body}`), { request: { url, init } })
  }
  for (const fault of FAULTS) {
    dropbox.faults = () => fault
    for (const fetch of [dropbox.fetch, nowhere, talkative]) {
      const store = createDropboxStore({ ...options, fetch })
      await attempt(store.read('vault'))
      await attempt(store.read('vault', { unlessVersion: '123456789' }))
      await attempt(store.write('vault', content(1), '123456789'))
      await attempt(store.delete('vault', '123456789'))
      await attempt(store.list('')[Symbol.asyncIterator]().next())
      await attempt(store.read('vault', { signal: AbortSignal.abort() }))
    }
  }
  dropbox.faults = undefined
  return errors
}

test('no error holds a token, however it is looked at', async () => {
  const dropbox = await startDropbox()
  const accessToken = dropbox.issueToken()
  const odd = 'od{d-token' // Dropbox repeats a header that it cannot read
  const refreshToken = dropbox.issueRefreshToken()
  const revoked = dropbox.issueRefreshToken('other')
  dropbox.revoke('other')
  const errors = [
    ...(await errorsOf(dropbox, { accessToken })),
    ...(await errorsOf(dropbox, { accessToken: odd })),
    ...(await errorsOf(dropbox, { clientId: 'emulated-app', refreshToken })),
    ...(await errorsOf(dropbox, { clientId: 'emulated-app', refreshToken: revoked })),
  ]
  dropbox.expireTokens()
  errors.push(...(await errorsOf(dropbox, { accessToken })))
  expect(errors.length).toBeGreaterThan(300)
  for (const error of errors) {
    const text = everythingIn(error)
    for (const secret of [accessToken, odd, refreshToken, revoked]) expect(text).not.toContain(secret)
    expect(text).not.toMatch(/Bearer .|sl\.u\./)
    expect(error).toMatchObject({ name: 'VaultError' })
  }
})

test('nor does an error of the sign-in hold a code or a verifier', async () => {
  const dropbox = await startDropbox()
  const { url, pending } = startDropboxSignIn({ clientId: 'emulated-app' })
  const code = dropbox.approve(url)
  for (const fault of FAULTS) {
    dropbox.faults = () => ({ apply: false, answer: serverError(), ...fault })
    const error = await finishDropboxSignIn(pending, code, { fetch: dropbox.fetch }).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ name: 'VaultError' })
    const text = everythingIn(error)
    for (const secret of [code, pending.codeVerifier]) expect(text).not.toContain(secret)
  }
})

test('no URL holds a token, a code or a verifier', async () => {
  const dropbox = await startDropbox()
  const urls: string[] = []
  const fetch = (url: string, init?: RequestInit): Promise<Response> => {
    urls.push(url)
    return dropbox.fetch(url, init)
  }
  const { url, pending } = startDropboxSignIn({ clientId: 'emulated-app' })
  const credentials = await finishDropboxSignIn(pending, dropbox.approve(url), { fetch })
  const store = createDropboxStore({ ...credentials, fetch })
  await store.write('vault', content(1), null)
  await store.read('vault')
  for await (const _ of store.list(''));
  expect(urls).toHaveLength(5)
  for (const each of urls) expect(each).toMatch(/^https:\/\/(api|content)\.dropboxapi\.com\/[a-z0-9_/]+$/)
})
