import {
  loginPage,
  plainlyRateLimited,
  rateLimited,
  serverError,
  startDropboxEmulator,
} from '@vaultdb/dropbox-emulator'
import { describe, expect, test } from 'vitest'
import { startClient } from './client.ts'

function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

describe('limits', () => {
  test('so many requests of an account in so long a time, refused ones included', async () => {
    const client = await startClient({ rateLimit: { requests: 2, perMs: 10_000 } })
    const statuses = async (count: number): Promise<number[]> => {
      const answers = []
      for (let index = 0; index < count; index++)
        answers.push((await client.rpc('files/get_metadata', { path: '/a' })).status)
      return answers
    }
    expect(await statuses(3)).toEqual([409, 409, 429])
    client.runtime.advance(6500)
    const { headers, json } = await client.rpc('files/get_metadata', { path: '/a' })
    expect(headers.get('retry-after')).toBe('4')
    expect(json).toEqual({
      error_summary: expect.stringMatching(/^too_many_requests\/\.*$/),
      error: { reason: { '.tag': 'too_many_requests' }, retry_after: 4 },
    })
    client.token = client.emulator.issueToken({ account: 'other' })
    expect(await statuses(1)).toEqual([409])
    client.token = client.emulator.issueToken()
    client.runtime.advance(3500)
    expect(await statuses(3)).toEqual([409, 409, 429])
  })

  test('one write of an account at a time', async () => {
    const client = await startClient({ writeMs: 50 })
    const first = client.upload({ path: '/a' })
    await client.runtime.someoneSleeps()
    const second = await client.upload({ path: '/b' })
    expect([second.status, second.json.error?.reason, second.headers.get('retry-after')]).toEqual([
      429,
      { '.tag': 'too_many_write_operations' },
      '1',
    ])
    expect((await client.rpc('files/delete_v2', { path: '/b' })).status).toBe(429)
    expect((await client.download({ path: '/b' })).status).toBe(409) // reading is another matter
    client.runtime.advance(50)
    expect((await first).status).toBe(200)
    expect([...client.emulator.files().keys()]).toEqual(['/a'])
  })
})

describe('faults', () => {
  test('are asked about each request, with its argument and without tokens', async () => {
    const seen: string[] = []
    const client = await startClient({ faults: (request) => void seen.push(JSON.stringify(request)) })
    await client.upload({ path: '/a' }, 'four')
    await client.send('https://api.dropboxapi.com/oauth2/token', {
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: 'grant_type=refresh_token&refresh_token=secret&client_id=emulated-app',
    })
    expect(client.emulator.requests).toEqual([
      { index: 0, route: 'files/upload', argument: { path: '/a' }, bodyBytes: 4, handled: true, answer: 200 },
      {
        index: 1,
        route: 'oauth2/token',
        argument: { grant_type: 'refresh_token' },
        bodyBytes: expect.any(Number),
        handled: true,
        answer: 400,
      },
    ])
    expect(seen).toHaveLength(2)
    expect(seen.join() + JSON.stringify(client.emulator.requests)).not.toMatch(new RegExp(`secret|${client.token}`))
  })

  test('a connection that is reset before, or after, the request was done', async () => {
    const client = await startClient()
    client.emulator.faults = () => ({ apply: false, answer: 'reset' })
    await expect(client.upload({ path: '/before' })).rejects.toThrow('fetch failed')
    client.emulator.faults = () => ({ answer: 'reset' })
    await expect(client.upload({ path: '/after' })).rejects.toThrow('fetch failed')
    client.emulator.faults = undefined
    expect([...client.emulator.files().keys()]).toEqual(['/after'])
    expect(client.emulator.requests.map(({ handled, answer }) => [handled, answer])).toEqual([
      [false, 'reset'],
      [true, 'reset'],
    ])
  })

  test('an answer that breaks off', async () => {
    const client = await startClient()
    await client.upload({ path: '/a' }, 'x'.repeat(1000))
    client.emulator.faults = () => ({ answer: { truncateAfterBytes: 999 } })
    await expect(client.download({ path: '/a' })).rejects.toThrow('terminated')
    expect(client.emulator.requests.at(-1)).toMatchObject({ handled: true, answer: 'truncated' })
  })

  test.each([
    ['a login page', loginPage(), 200, 'text/html; charset=utf-8', null],
    ['a rate limit', rateLimited('too_many_requests', 7), 429, 'application/json', '7'],
    ['a rate limit in plain text', plainlyRateLimited(7), 429, 'text/plain; charset=utf-8', '7'],
    ['a failure of the service', serverError(503, 9), 503, 'text/plain; charset=utf-8', '9'],
  ])('%s instead of the answer', async (_, answer, status, type, retryAfter) => {
    const client = await startClient()
    client.emulator.faults = () => ({ apply: false, answer })
    const got = await client.upload({ path: '/a' })
    expect([got.status, got.headers.get('content-type'), got.headers.get('retry-after')]).toEqual([
      status,
      type,
      retryAfter,
    ])
    expect(client.emulator.files().size).toBe(0)
  })

  test('what is not applied and not answered otherwise is a 500', async () => {
    const client = await startClient({ faults: () => ({ apply: false }) })
    expect([(await client.upload({ path: '/a' })).status, client.emulator.files().size]).toEqual([500, 0])
  })

  test('delays before and after it is done', async () => {
    const client = await startClient()
    const [before, after] = [gate(), gate()]
    client.emulator.faults = () => ({ before: before.opened, after: after.opened })
    let answered = false
    const uploading = client.upload({ path: '/a' }).then((answer) => {
      answered = true
      return answer
    })
    while (client.emulator.requests.length === 0) await new Promise((resolve) => setImmediate(resolve))
    expect(client.emulator.requests[0]).toMatchObject({ handled: false, answer: undefined })
    before.open()
    while (client.emulator.files().size === 0) await new Promise((resolve) => setImmediate(resolve))
    expect(answered).toBe(false)
    after.open()
    expect((await uploading).status).toBe(200)
  })
})

test('options that cannot be are refused', async () => {
  await expect(startDropboxEmulator({ quota: 3 } as object)).rejects.toThrow('no option "quota"')
  await expect(startDropboxEmulator({ rateLimit: { requests: 0, perMs: 1 } })).rejects.toThrow(RangeError)
  await expect(startDropboxEmulator({ writeMs: Number.NaN })).rejects.toThrow(TypeError)
})
