import { inspect } from 'node:util'
import { VaultError } from '@vaultdb/core'
import { createS3Store, type S3Credentials, type S3Store, type S3StoreOptions } from '@vaultdb/s3'
import { describe, expect, test } from 'vitest'

const MINUTE_MS = 60_000
const traits = { ifMatch: 'quoted', conditionalDelete: true, trustworthyListings: true } as const
const data = new TextEncoder().encode('content')

/** A service that knows which keys are good, a clock, and a provider of keys numbered from 1. */
class World {
  nowMs = Date.parse('2026-01-31T12:00:00Z')
  readonly sent: { readonly method: string; readonly key: string; readonly token: string | null }[] = []
  readonly expired = new Set<string>()
  issued = 0
  lifeMs: number | undefined = 60 * MINUTE_MS

  store(options: Partial<S3StoreOptions> = {}): S3Store {
    return createS3Store({
      endpoint: 'https://s3.example',
      bucket: 'bucket',
      traits,
      runtime: { now: () => this.nowMs, randomBytes: (length) => new Uint8Array(length) },
      fetch: async (_url, init) => this.#answer(init),
      ...(options.sign === undefined ? { credentials: async () => this.issue() } : {}),
      ...options,
    })
  }

  issue(): S3Credentials {
    this.issued++
    return {
      accessKeyId: `key${this.issued}`,
      secretAccessKey: 'hidden',
      sessionToken: `token${this.issued}`,
      ...(this.lifeMs === undefined ? {} : { expiration: new Date(this.nowMs + this.lifeMs) }),
    }
  }

  #answer({ method = '', headers }: RequestInit): Response {
    const { headers: all } = new Request('https://s3.example', { headers: headers ?? {} })
    const key = /Credential=([^/]+)\//.exec(all.get('authorization') ?? '')?.[1] ?? 'none'
    this.sent.push({ method, key, token: all.get('x-amz-security-token') })
    if (this.expired.has(key)) return new Response('<Error><Code>ExpiredToken</Code></Error>', { status: 400 })
    return method === 'GET'
      ? new Response('content', { headers: { etag: '"abc"' } })
      : new Response(null, { headers: { etag: '"abc"' } })
  }
}

describe('credentials from a function', () => {
  test('are asked for once, however many requests wait, and used until they expire', async () => {
    const world = new World()
    const signals: AbortSignal[] = []
    const store = world.store({
      credentials: async ({ signal }) => {
        signals.push(signal)
        return world.issue()
      },
    })
    await Promise.all(Array.from({ length: 20 }, () => store.read('vault')))
    world.nowMs += 58 * MINUTE_MS
    await store.read('vault')
    expect(world.issued).toBe(1)
    expect(signals.map(({ aborted }) => aborted)).toEqual([false])
    expect(world.sent[0]).toEqual({ method: 'GET', key: 'key1', token: 'token1' })
  })

  test('are renewed a minute before they expire, once', async () => {
    const world = new World()
    const store = world.store()
    await store.read('vault')
    world.nowMs += 59 * MINUTE_MS
    await Promise.all(Array.from({ length: 20 }, () => store.read('vault')))
    expect(world.issued).toBe(2)
    expect(world.sent.slice(1).every(({ key }) => key === 'key2')).toBe(true)
  })

  test('that the service calls expired are renewed, once for all, and each request is sent again once', async () => {
    const world = new World()
    world.lifeMs = undefined
    const store = world.store()
    await store.read('vault')
    world.expired.add('key1')
    await Promise.all([store.read('vault'), store.write('vault', data, 'abc'), store.delete('vault', 'abc')])
    expect(world.issued).toBe(2)
    expect(world.sent.slice(1).filter(({ key }) => key === 'key1')).toHaveLength(3)
    expect(world.sent.slice(1).filter(({ key }) => key === 'key2')).toHaveLength(3)
  })

  test('that are expired when renewed are ERR_UNAUTHORIZED, without a storm', async () => {
    const world = new World()
    for (const key of ['key1', 'key2']) world.expired.add(key)
    const reading = world.store().read('vault')
    await expect(reading).rejects.toMatchObject({
      code: 'ERR_UNAUTHORIZED',
      message: expect.stringMatching(/Get new ones/),
    })
    expect(world.sent).toHaveLength(2)
  })

  test('that were given once and expire are ERR_UNAUTHORIZED', async () => {
    const world = new World()
    world.expired.add('key1')
    const store = world.store({ credentials: world.issue() })
    await expect(store.read('vault')).rejects.toMatchObject({ code: 'ERR_UNAUTHORIZED' })
    expect(world.sent).toHaveLength(1)
  })

  test('that cannot be had are ERR_UNAUTHORIZED, without what the function threw', async () => {
    const store = new World().store({ credentials: () => Promise.reject(new RangeError('hidden')) })
    const error = await store.read('vault').catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'ERR_UNAUTHORIZED', message: expect.stringMatching(/failed \(RangeError\)/) })
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('hidden')
  })

  test('that cannot be had because of an error of the platform’s, which quotes what it was about, are too', async () => {
    const store = new World().store({ credentials: async () => void new URL('hidden') as never })
    const error = await store.read('vault').catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'ERR_UNAUTHORIZED', message: expect.stringMatching(/failed \(TypeError\)/) })
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('hidden')
  })

  test.each([
    ['accessKeyId', { accessKeyId: 'hid\nden', secretAccessKey: 'x' }],
    ['sessionToken', { accessKeyId: 'key', secretAccessKey: 'x', sessionToken: 'hid\nden' }],
  ])('of which the %s fits into no header are ERR_UNAUTHORIZED, and not quoted', async (name, credentials) => {
    const world = new World()
    const error = await world
      .store({ credentials: async () => credentials })
      .read('vault')
      .catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'ERR_UNAUTHORIZED', message: expect.stringContaining(name) })
    expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/hid.*den/s)
    expect(() => world.store({ credentials })).toThrow(TypeError)
    expect(world.sent).toEqual([])
  })

  test('that are no credentials are ERR_UNAUTHORIZED', async () => {
    const store = new World().store({ credentials: async () => ({}) as S3Credentials })
    await expect(store.read('vault')).rejects.toMatchObject({ code: 'ERR_UNAUTHORIZED' })
  })

  test('a failure that passes may be said to be one, and the next request asks again', async () => {
    const world = new World()
    let asked = 0
    const store = world.store({
      credentials: async () => {
        if (++asked < 3) throw new VaultError('ERR_UNAVAILABLE', 'The sign-in does not answer.')
        return world.issue()
      },
    })
    await expect(store.read('vault')).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE', applied: undefined })
    const unsent = { code: 'ERR_UNAVAILABLE', applied: 'no' }
    await expect(store.write('vault', data, null)).rejects.toMatchObject(unsent)
    expect(await store.read('vault')).toEqual({ data, version: 'abc' })
  })

  test('one who gives up waiting does not take the renewal from the others; the last one ends it', async () => {
    const world = new World()
    const signals: AbortSignal[] = []
    let markAsked = (): void => undefined
    const asked = new Promise<void>((resolve) => {
      markAsked = resolve
    })
    const store = world.store({
      credentials: ({ signal }) => {
        signals.push(signal)
        markAsked()
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
      },
    })
    const [first, second] = [new AbortController(), new AbortController()]
    const reads = [first, second].map(({ signal }) => store.read('vault', { signal }))
    await asked
    first.abort()
    await expect(reads[0]).rejects.toMatchObject({ code: 'ERR_ABORTED' })
    expect(signals[0]?.aborted).toBe(false)
    second.abort()
    await expect(reads[1]).rejects.toMatchObject({ code: 'ERR_ABORTED' })
    expect(signals.map(({ aborted }) => aborted)).toEqual([true])
    expect(world.sent).toEqual([])
    await store.close?.()
  })
})

describe('signatures from a function', () => {
  test('it sees what is to be sent, and cannot drop the condition', async () => {
    const seen: unknown[] = []
    const sent: { url: string; headers: Record<string, string> }[] = []
    const store = new World().store({
      sign: async (request) => {
        seen.push(request)
        return { url: `${request.url}?X-Amz-Signature=1`, headers: { 'x-own': '1' } }
      },
      fetch: async (url, { headers }) => {
        sent.push({ url, headers: Object.fromEntries(new Headers(headers)) })
        return new Response(null, { headers: { etag: '"abc"' } })
      },
    })
    await store.write('vault', data, 'abc')
    const hash = 'ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73'
    const headers = {
      'content-type': 'application/octet-stream',
      'cache-control': 'no-store, no-transform',
      'if-match': '"abc"',
      'x-amz-content-sha256': hash,
    }
    expect(seen).toEqual([{ method: 'PUT', url: 'https://s3.example/bucket/vault', headers }])
    expect(sent).toEqual([
      {
        url: 'https://s3.example/bucket/vault?X-Amz-Signature=1',
        headers: { 'x-own': '1', 'if-match': '"abc"' },
      },
    ])
  })

  test.each<[string, () => Promise<never>]>([
    ['throws', () => Promise.reject(new Error('hidden'))],
    ['throws at once', () => expect.fail('hidden')],
    ['throws an error of the platform’s', async () => void new URL('hidden') as never],
    ['answers nothing', async () => undefined as never],
    [
      'answers headers that are none',
      async () => ({ url: 'https://s3.example', headers: { a: 'hidden\n1' } }) as never,
    ],
    ['answers no address', async () => ({ url: 'javascript:hidden' }) as never],
  ])('one that %s is ERR_UNAUTHORIZED', async (_name, sign) => {
    const world = new World()
    const error = await world
      .store({ sign })
      .read('vault')
      .catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'ERR_UNAUTHORIZED' })
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('hidden')
    expect(world.sent).toEqual([])
  })
})
