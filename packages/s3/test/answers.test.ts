import { inspect } from 'node:util'
import { createS3Store, type S3Store, type S3StoreOptions } from '@vaultdb/s3'
import { describe, expect, test } from 'vitest'

const SECRETS = ['AKIDHIDDEN', 'hidden-secret-key', 'hidden-session-token', 'Signature=', 'X-Amz-Security-Token']
const credentials = {
  accessKeyId: 'AKIDHIDDEN',
  secretAccessKey: 'hidden-secret-key',
  sessionToken: 'hidden-session-token',
}
const traits = { ifMatch: 'quoted', conditionalDelete: true, trustworthyListings: true } as const
const nowMs = Date.parse('2026-01-31T12:00:00Z')
const runtime = { now: () => nowMs, randomBytes: (length: number) => new Uint8Array(length) }

const data = new TextEncoder().encode('content')
const VERSION = 'abc'

/** A store whose requests are all answered by `answer`. */
function answeredBy(answer: () => Response | Promise<Response>, options: Partial<S3StoreOptions> = {}): S3Store {
  const fetch = async (): Promise<Response> => answer()
  return createS3Store({
    endpoint: 'https://s3.example',
    bucket: 'bucket',
    credentials,
    traits,
    runtime,
    fetch,
    ...options,
  })
}

/** An error document as AWS writes it: it quotes what was signed. */
function refusal(status: number, code: string, headers: Record<string, string> = {}): Response {
  const quoted = SECRETS.map((secret) => `<StringToSign>${secret}</StringToSign>`).join('')
  return new Response(
    `<?xml version="1.0"?>\n<Error>${quoted}<Code>${code}</Code><Message>${SECRETS[0]}</Message></Error>`,
    {
      status,
      headers: { 'content-type': 'application/xml', ...headers },
    },
  )
}

const page = (status: number): Response =>
  new Response('<!doctype html><title>Sign in</title>', {
    status,
    headers: { 'content-type': 'text/html', etag: '"page"' },
  })

async function listAll(store: S3Store, options?: { readonly signal: AbortSignal }): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of store.list('', options)) keys.push(key)
  return keys
}

const METHODS: readonly [name: string, call: (store: S3Store) => Promise<unknown>][] = [
  ['read', (store) => store.read('vault')],
  ['create', (store) => store.write('vault', data, null)],
  ['update', (store) => store.write('vault', data, VERSION)],
  ['delete', (store) => store.delete('vault', VERSION)],
  ['list', (store) => listAll(store)],
]

/** What went wrong, after a look for secrets in all that the error holds. */
async function failure(work: Promise<unknown>): Promise<{ code: string; message: string; retryAfterMs?: number }> {
  const error = await work.then(
    (value) => expect.fail(`resolved to ${inspect(value)}`),
    (reason: unknown) => reason,
  )
  const shown = inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true, getters: true })
  for (const secret of SECRETS) expect(shown).not.toContain(secret)
  return error as Error & { code: string }
}

describe.each(METHODS)('%s', (name, call) => {
  const isChange = name === 'create' || name === 'update' || name === 'delete'

  test.each([
    [403, 'AccessDenied', 'ERR_UNAUTHORIZED'],
    [403, 'InvalidAccessKeyId', 'ERR_UNAUTHORIZED'],
    [403, 'SignatureDoesNotMatch', 'ERR_UNAUTHORIZED'],
    [400, 'ExpiredToken', 'ERR_UNAUTHORIZED'],
    [400, 'InvalidToken', 'ERR_UNAUTHORIZED'],
    [403, 'SomethingNew', 'ERR_UNAUTHORIZED'],
    [403, 'RequestTimeTooSkewed', 'ERR_UNAUTHORIZED'],
    [301, 'PermanentRedirect', 'ERR_UNSUPPORTED'],
    [400, 'AuthorizationHeaderMalformed', 'ERR_UNSUPPORTED'],
    [404, 'NoSuchBucket', 'ERR_UNSUPPORTED'],
    [405, 'MethodNotAllowed', 'ERR_UNSUPPORTED'],
    [501, 'NotImplemented', 'ERR_UNSUPPORTED'],
    [403, 'QuotaExceeded', 'ERR_QUOTA'],
    [507, 'XMinioStorageFull', 'ERR_QUOTA'],
    [507, 'SomethingNew', 'ERR_QUOTA'],
    [400, 'EntityTooLarge', 'ERR_TOO_LARGE'],
    [413, 'SomethingNew', 'ERR_TOO_LARGE'],
    [403, 'InvalidObjectState', 'ERR_UNSUPPORTED'],
    [400, 'RequestTimeout', 'ERR_UNAVAILABLE'],
    [400, 'IncompleteBody', 'ERR_UNAVAILABLE'],
    [400, 'XAmzContentSHA256Mismatch', 'ERR_UNAVAILABLE'],
    [429, 'TooManyRequests', 'ERR_UNAVAILABLE'],
    [500, 'InternalError', 'ERR_UNAVAILABLE'],
    [503, 'SlowDown', 'ERR_UNAVAILABLE'],
  ])('%i %s is %s', async (status, code, expected) => {
    const error = await failure(call(answeredBy(() => refusal(status, code))))
    expect(error.code).toBe(expected)
    expect(error.message).toContain(`${status} ${code}`)
  })

  test.each([200, 302, 401, 403, 404, 409, 412, 500, 502, 507])(
    'a web page with status %i is no answer',
    async (status) => {
      expect((await failure(call(answeredBy(() => page(status))))).code).toBe('ERR_UNAVAILABLE')
    },
  )

  test('a proxy that takes no body of this size has not passed it on', async () => {
    expect(await failure(call(answeredBy(() => page(413))))).toMatchObject({
      code: 'ERR_TOO_LARGE',
      message: expect.stringMatching(/413/),
    })
  })

  test.each([400, 401, 404])('what answers with a bare %i is no S3 service', async (status) => {
    const error = await failure(call(answeredBy(() => new Response('no', { status }))))
    expect(error).toMatchObject({
      code: 'ERR_UNAVAILABLE',
      message: expect.stringMatching(/no S3 service.*wrong endpoint/),
    })
  })

  test('a redirection that a browser hides is no answer', async () => {
    const hidden = Object.defineProperty(new Response(), 'status', { value: 0 })
    expect((await failure(call(answeredBy(() => hidden)))).code).toBe('ERR_UNAVAILABLE')
  })

  test('an empty answer is none', async () => {
    const store = answeredBy(() => new Response(null, { status: 201 }))
    expect((await failure(call(store))).code).toMatch(/^ERR_UNAVAILABLE$/)
  })

  test('a body cut short is no answer', async () => {
    const store = answeredBy(() => new Response('con', { headers: { etag: '"abc"', 'content-length': '7' } }))
    expect(await failure(call(store))).toMatchObject({
      code: 'ERR_UNAVAILABLE',
      message: expect.stringMatching(/3 bytes arrived of 7/),
    })
  })

  test('a connection that breaks is named by the system’s word for it, and nothing else of the error is passed on', async () => {
    const store = answeredBy(() => {
      const cause = Object.assign(new Error(SECRETS.join()), { code: 'ECONNRESET', request: { headers: credentials } })
      throw new TypeError(`fetch failed for ${SECRETS.join()}`, { cause })
    })
    expect(await failure(call(store))).toMatchObject({
      code: 'ERR_UNAVAILABLE',
      message: expect.stringMatching(/\(ECONNRESET\)/),
    })
  })

  test.each([
    ['7', 7000],
    ['Sat, 31 Jan 2026 12:01:00 GMT', 60_000],
    ['Sat, 31 Jan 2026 11:00:00 GMT', 0],
    ['soon', undefined],
  ])('Retry-After: %s', async (value, retryAfterMs) => {
    const error = await failure(call(answeredBy(() => refusal(503, 'SlowDown', { 'retry-after': value }))))
    expect(error.retryAfterMs).toBe(retryAfterMs)
  })

  test('a wrong clock is told with its error', async () => {
    const date = 'Sat, 31 Jan 2026 13:30:00 GMT'
    const error = await failure(call(answeredBy(() => refusal(403, 'RequestTimeTooSkewed', { date }))))
    expect(error.message).toMatch(/clock is wrong, by some 90 minutes slow: set it/)
  })

  test('given up on its way, a change may have been made, a reading has not', async () => {
    const controller = new AbortController()
    const signal = controller.signal
    const fetch = (_url: string, init: RequestInit): Promise<Response> =>
      new Promise((_, reject) => {
        init.signal?.addEventListener('abort', () => reject(new Error(SECRETS.join())))
        controller.abort('enough')
      })
    const calls: Record<string, (store: S3Store) => Promise<unknown>> = {
      read: (store) => store.read('vault', { signal }),
      create: (store) => store.write('vault', data, null, { signal }),
      update: (store) => store.write('vault', data, VERSION, { signal }),
      delete: (store) => store.delete('vault', VERSION, { signal }),
      list: (store) => listAll(store, { signal }),
    }
    const store = answeredBy(() => page(200), { fetch })
    const error = await failure(calls[name]?.(store) as Promise<unknown>)
    expect(error.code).toBe(isChange ? 'ERR_UNAVAILABLE' : 'ERR_ABORTED')
  })
})

describe('conflicts', () => {
  test.each([
    ['create', 412, 'PreconditionFailed'],
    ['update', 412, 'PreconditionFailed'],
    ['delete', 412, 'PreconditionFailed'],
    ['create', 409, 'ConditionalRequestConflict'],
    ['update', 409, 'ConditionalRequestConflict'],
    ['update', 404, 'NoSuchKey'],
    ['delete', 404, 'NoSuchKey'],
  ])('%s answered with %i %s', async (name, status, code) => {
    const call = METHODS.find(([each]) => each === name)?.[1] as (store: S3Store) => Promise<unknown>
    expect((await failure(call(answeredBy(() => refusal(status, code))))).code).toBe('ERR_CONFLICT')
  })

  test.each(['', '*', '"abc"', 'a,b', 'a\r\nx-amz-acl: public-read'])(
    'a write with version %j, which no file has, is not even sent',
    async (version) => {
      const store = answeredBy(() => expect.fail('sent'))
      expect((await failure(store.write('vault', data, version))).code).toBe('ERR_CONFLICT')
      expect((await failure(store.delete('vault', version))).code).toBe('ERR_CONFLICT')
    },
  )
})

describe('reading', () => {
  test.each(['"abc"', 'W/"abc"', '"abc-gzip"', 'abc'])('an ETag that arrives as %s', async (etag) => {
    const store = answeredBy(() => new Response('content', { headers: { etag } }))
    expect(await store.read('vault')).toEqual({ data, version: 'abc' })
  })

  test('a body that was packed on its way may be longer than stated', async () => {
    const headers = { etag: 'W/"abc"', 'content-encoding': 'gzip', 'content-length': '3' }
    expect(await answeredBy(() => new Response('content', { headers })).read('vault')).toEqual({ data, version: 'abc' })
  })

  test('only an absence that the service states is one', async () => {
    expect(await answeredBy(() => refusal(404, 'NoSuchKey')).read('vault')).toBeNull()
    const bare = answeredBy(() => new Response(null, { status: 404 }))
    expect((await failure(bare.read('vault'))).code).toBe('ERR_UNAVAILABLE')
  })

  test('`unchanged` only where it was asked for', async () => {
    const store = answeredBy(() => new Response(null, { status: 304 }))
    expect(await store.read('vault', { unlessVersion: 'abc' })).toBe('unchanged')
    expect((await failure(store.read('vault'))).code).toBe('ERR_UNAVAILABLE')
  })

  test('a service that always answers with the whole file has it compared here', async () => {
    const store = answeredBy(() => new Response('content', { headers: { etag: '"abc"' } }), {
      traits: { ...traits, conditionalDelete: false },
    })
    expect(await store.read('vault', { unlessVersion: 'abc' })).toBe('unchanged')
    expect(await store.read('vault', { unlessVersion: 'abd' })).toEqual({ data, version: 'abc' })
    await expect(store.delete('vault', 'abd')).rejects.toMatchObject({ code: 'ERR_CONFLICT' })
  })

  test('a hidden ETag is told with what exposes it', async () => {
    const error = await failure(answeredBy(() => new Response('content')).read('vault'))
    expect(error).toMatchObject({ code: 'ERR_UNSUPPORTED', message: expect.stringMatching(/ExposeHeaders/) })
  })
})

test('a listing whose page comes again and again ends', async () => {
  const body =
    '<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>x</NextContinuationToken></ListBucketResult>'
  const error = await failure(listAll(answeredBy(() => new Response(body))))
  expect(error).toMatchObject({ code: 'ERR_UNAVAILABLE', message: expect.stringMatching(/again and again/) })
})

test('every request is sent once and follows no redirection', async () => {
  let sent = 0
  const fetch = async (_url: string, init: RequestInit): Promise<Response> => {
    sent++
    expect(init).toMatchObject({ redirect: 'manual', cache: 'no-store', credentials: 'omit' })
    return refusal(500, 'InternalError')
  }
  for (const [, call] of METHODS) await failure(call(answeredBy(() => page(200), { fetch })))
  expect(sent).toBe(METHODS.length)
})

test('the store shows no credentials to whoever prints it', () => {
  const shown = inspect(
    answeredBy(() => page(200)),
    { depth: Number.POSITIVE_INFINITY, showHidden: true },
  )
  for (const secret of SECRETS) expect(shown).not.toContain(secret)
})
