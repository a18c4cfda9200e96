import { VaultError } from '@vaultdb/core'
import { type AccessTokenRequest, createDropboxStore, type DropboxStoreOptions } from '@vaultdb/dropbox'
import { type DropboxEmulator, loginPage, serverError } from '@vaultdb/dropbox-emulator'
import { describe, expect, test } from 'vitest'
import { content, createTestClock, openStore, startDropbox } from './stores.ts'

const renewals = ({ requests }: DropboxEmulator): number =>
  requests.filter(({ route }) => route === 'oauth2/token').length
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('a refresh token', () => {
  test('is used once for any number of requests that wait', async () => {
    const dropbox = await startDropbox()
    const store = openStore(dropbox)
    await Promise.all(Array.from({ length: 30 }, (_, index) => store.read(`shards/${index}`)))
    expect(renewals(dropbox)).toBe(1)
  })

  test('is used once when the access token was refused to many, and every refused request is sent once more', async () => {
    const dropbox = await startDropbox()
    const store = openStore(dropbox)
    const keys = Array.from({ length: 20 }, (_, index) => `shards/${index}`)
    const versions = await Promise.all(keys.map((key) => store.write(key, content(1), null)))
    dropbox.expireTokens()
    await Promise.all(keys.map((key, index) => store.write(key, content(2), versions[index] ?? null)))
    expect(renewals(dropbox)).toBe(2)
    const writes = dropbox.requests.filter(({ route }) => route === 'files/upload').map(({ answer }) => answer)
    expect(writes.filter((answer) => answer === 401).length).toBeGreaterThan(0)
    expect(writes.filter((answer) => answer === 200)).toHaveLength(40)
    expect(writes.length).toBeLessThanOrEqual(60)
  })

  test('is used again before the access token ends by the clock', async () => {
    const clock = createTestClock()
    const dropbox = await startDropbox()
    const store = openStore(dropbox, {
      clientId: 'emulated-app',
      refreshToken: dropbox.issueRefreshToken(),
      runtime: clock,
    })
    await store.read('vault')
    clock.nowMs += 4 * 3_600_000 - 60_001
    await store.read('vault')
    expect(renewals(dropbox)).toBe(1)
    clock.nowMs += 1
    await store.read('vault')
    expect(renewals(dropbox)).toBe(2)
  })

  test('that was revoked is ERR_UNAUTHORIZED, with what to do; a request is sent twice at most', async () => {
    const dropbox = await startDropbox()
    const store = openStore(dropbox)
    await store.write('vault', content(1), null)
    dropbox.revoke()
    const before = dropbox.requests.length
    await expect(store.read('vault')).rejects.toMatchObject({
      code: 'ERR_UNAUTHORIZED',
      message:
        'Dropbox gives no access token (HTTP 400 invalid_grant). The access was revoked or has expired: sign in to Dropbox again.',
    })
    expect(dropbox.requests.slice(before).map(({ route }) => route)).toEqual(['files/download', 'oauth2/token'])
  })

  test('for which there is no sensible answer is ERR_UNAVAILABLE', async () => {
    const dropbox = await startDropbox()
    const store = openStore(dropbox)
    for (const answer of [loginPage(), serverError(503, 4), 'reset', { truncateAfterBytes: 5 }] as const) {
      dropbox.faults = () => ({ answer })
      await expect(store.read('vault')).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE' })
    }
    dropbox.faults = () => ({ answer: serverError(503, 4) })
    await expect(store.read('vault')).rejects.toMatchObject({ retryAfterMs: 4000 })
    dropbox.faults = undefined
    expect(await store.read('vault')).toBeNull()
  })

  test('that nobody waits for any more is given up, and not before', async () => {
    const dropbox = await startDropbox()
    let signal: AbortSignal | null | undefined
    const fetch = (url: string, init?: RequestInit): Promise<Response> => {
      if (url.endsWith('/oauth2/token')) signal = init?.signal
      return dropbox.fetch(url, init)
    }
    const credentials = { clientId: 'emulated-app', refreshToken: dropbox.issueRefreshToken() }
    const store = openStore(dropbox, { ...credentials, fetch })
    const never = new Promise<never>(() => undefined)
    dropbox.faults = () => ({ before: never })
    const [first, second] = [new AbortController(), new AbortController()]
    const outcomes = [first, second].map((each) => store.read('vault', each).catch((error: unknown) => error))
    while (dropbox.requests.length === 0) await turn()
    first.abort()
    expect([await outcomes[0], signal?.aborted]).toMatchObject([{ code: 'ERR_ABORTED' }, false])
    second.abort()
    expect([await outcomes[1], signal?.aborted]).toMatchObject([{ code: 'ERR_ABORTED' }, true])
    dropbox.faults = undefined
    expect(await store.read('vault')).toBeNull()
    expect(renewals(dropbox)).toBe(2)
  })
})

describe('an access token of somebody else’s', () => {
  test('that has expired is ERR_UNAUTHORIZED after one request', async () => {
    const dropbox = await startDropbox()
    const store = openStore(dropbox, { accessToken: dropbox.issueToken() })
    dropbox.expireTokens()
    await expect(store.write('vault', content(1), null)).rejects.toMatchObject({
      code: 'ERR_UNAUTHORIZED',
      message: expect.stringContaining('expired_access_token). The access was revoked or has expired: sign in'),
    })
    expect(dropbox.requests).toHaveLength(1)
  })
})

describe('getAccessToken', () => {
  test('is asked once, again when the token is refused, and told so', async () => {
    const dropbox = await startDropbox()
    const asked: boolean[] = []
    const getAccessToken = async ({ refused }: AccessTokenRequest): Promise<string> => {
      asked.push(refused)
      await turn()
      return dropbox.issueToken()
    }
    const store = openStore(dropbox, { getAccessToken })
    await Promise.all([store.read('vault'), store.read('shards/0')])
    dropbox.expireTokens()
    await Promise.all([store.read('vault'), store.read('shards/0')])
    expect(asked).toEqual([false, true])
  })

  test('that gives the same token again ends in ERR_UNAUTHORIZED, and not in a circle', async () => {
    const dropbox = await startDropbox()
    const token = dropbox.issueToken()
    dropbox.expireTokens()
    const store = openStore(dropbox, { getAccessToken: () => token })
    await expect(store.read('vault')).rejects.toMatchObject({ code: 'ERR_UNAUTHORIZED' })
    expect(dropbox.requests).toHaveLength(2)
  })

  test.each([
    ['its own error of the contract', new VaultError('ERR_UNAUTHORIZED', 'Signed out.'), 'ERR_UNAUTHORIZED'],
    ['anything else', new RangeError('secret'), 'ERR_UNAVAILABLE'],
    ['no error at all', 'secret', 'ERR_UNAVAILABLE'],
  ])('may throw %s', async (_, thrown, code) => {
    const dropbox = await startDropbox()
    const getAccessToken = (): never => {
      throw thrown
    }
    const error = await openStore(dropbox, { getAccessToken })
      .read('vault')
      .catch((reason: unknown) => reason)
    expect(error).toMatchObject({ name: 'VaultError', code, message: expect.not.stringContaining('secret') })
  })

  test('that fails for the time being: of a change the error says that nothing was sent', async () => {
    const dropbox = await startDropbox()
    let isOnline = true
    const getAccessToken = async (): Promise<string> => {
      if (!isOnline) throw new Error('no network')
      return dropbox.issueToken()
    }
    const store = openStore(dropbox, { getAccessToken })
    const version = await store.write('vault', Uint8Array.of(1), null)
    dropbox.expireTokens()
    isOnline = false
    const unsent = { code: 'ERR_UNAVAILABLE', applied: 'no' }
    await expect(store.write('vault', Uint8Array.of(2), version)).rejects.toMatchObject(unsent) // refused for its token, and none came
    await expect(store.delete('vault', version)).rejects.toMatchObject(unsent)
    await expect(store.read('vault')).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE', applied: undefined })
    isOnline = true
    expect(await store.write('vault', Uint8Array.of(2), version)).not.toBe(version)
  })

  test.each([undefined, '', 'two\nlines', 7])('that gives %j is ERR_UNAUTHORIZED', async (token) => {
    const dropbox = await startDropbox()
    const store = openStore(dropbox, { getAccessToken: () => token as string })
    await expect(store.read('vault')).rejects.toMatchObject({ code: 'ERR_UNAUTHORIZED' })
  })
})

describe('options', () => {
  const refused: readonly (readonly [string, unknown])[] = [
    ['exactly one', {}],
    ['exactly one', { accessToken: 'a', refreshToken: 'b', clientId: 'c' }],
    ['belong together', { refreshToken: 'b' }],
    ['belong together', { accessToken: 'a', clientId: 'c' }],
    ['no option "token"', { token: 'a' }],
    ['must be an object', null],
    ['is not a token', { accessToken: 'two\nlines' }],
    ['is not a token', { refreshToken: '', clientId: 'c' }],
    ['must be a function', { getAccessToken: 'a' }],
    ['must be a function', { accessToken: 'a', fetch: 'b' }],
    ...['vaults', '/', '/a/', '/a//b', '/../a', '/a\\b', '/a\0', '/a ', '/a.', '/\ud800', `/${'x'.repeat(256)}`, 7].map(
      (folder) => ['`folder` must be', { accessToken: 'a', folder }] as const,
    ),
  ]
  test.each(refused)('%s: %j', (message, options) => {
    expect(() => createDropboxStore(options as DropboxStoreOptions)).toThrow(TypeError)
    expect(() => createDropboxStore(options as DropboxStoreOptions)).toThrow(message)
  })

  test('a message repeats no token', () => {
    expect(() => createDropboxStore({ accessToken: 'sec\nret' })).toThrow(expect.not.stringContaining('ret'))
  })
})
