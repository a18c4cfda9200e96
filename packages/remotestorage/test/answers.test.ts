import { inspect } from 'node:util'
import { type BlobStore, errorCode } from '@vaultdb/core'
import { createRemoteStorageStore } from '@vaultdb/remotestorage'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type ScriptedServer, scriptedServer } from './server/scripted.ts'

const TOKEN = 'S3cretT0ken=='
const DATA = Uint8Array.of(1, 2, 3)
const PAGE = '\n<!doctype html><title>Sign in</title>'
const HTML = { 'Content-Type': 'text/html; charset=utf-8' }

let server: ScriptedServer
let store: BlobStore
beforeEach(async () => {
  server = await scriptedServer()
  const runtime = { now: () => Date.UTC(2026, 0, 1) }
  store = createRemoteStorageStore({ href: server.href, token: TOKEN, path: 'notes/vault', runtime })
})
afterEach(() => server.close())

function answer(status: number, headers: Record<string, string> = {}, body: string | Uint8Array = ''): void {
  server.answer = (_, response) => response.writeHead(status, headers).end(body)
}

async function listed(): Promise<unknown[]> {
  const found: unknown[] = []
  for await (const file of store.list('')) found.push(file)
  return found
}

const REQUESTS: readonly (readonly [name: string, send: () => Promise<unknown>])[] = [
  ['read', () => store.read('shards/0')],
  ['create', () => store.write('shards/0', DATA, null)],
  ['update', () => store.write('shards/0', DATA, '1')],
  ['delete', () => store.delete('shards/0', '1')],
  ['list', () => listed()],
]

/** The error of a request, which must be a typed one and must not hold the token anywhere. */
async function failure(send: () => Promise<unknown>): Promise<Error & { code: string; retryAfterMs?: number }> {
  const error: unknown = await send().then(
    (value) => new Error(`No error, but ${inspect(value)}.`),
    (reason: unknown) => reason,
  )
  const all = inspect(error, { depth: 20, showHidden: true, getters: true })
  expect(all).not.toContain(TOKEN)
  expect(all).not.toContain('Bearer')
  expect(errorCode(error), all).toBeDefined()
  return error as Error & { code: string }
}

describe('what is sent', () => {
  test('names the file below the folder, the condition, the token and the type', async () => {
    const seen: unknown[] = []
    server.answer = ({ method, url, headers }, response) => {
      const { authorization, 'if-match': ifMatch, 'if-none-match': ifNoneMatch, 'content-type': type, cookie } = headers
      seen.push([method, url, { authorization, ifMatch, ifNoneMatch, type, cookie }])
      response.writeHead(200, { ETag: '"2"' }).end()
    }
    await store.read('vault')
    await store.read('vault', { unlessVersion: '1' })
    await store.write('shards/0', DATA, null)
    await store.write('shards/0', DATA, '1')
    await store.delete('shards/0', '1')
    const authorization = `Bearer ${TOKEN}`
    const type = 'application/octet-stream; charset=binary'
    const [file, shard] = ['/storage/ada/notes/vault/vault', '/storage/ada/notes/vault/shards/0']
    expect(seen).toEqual([
      ['GET', file, { authorization }],
      ['GET', file, { authorization, ifNoneMatch: '"1"' }],
      ['PUT', shard, { authorization, ifNoneMatch: '*', type }],
      ['PUT', shard, { authorization, ifMatch: '"1"', type }],
      ['DELETE', shard, { authorization, ifMatch: '"1"' }],
    ])
  })

  test('a version that no file can have is a conflict, and not sent', async () => {
    for (const version of ['a"b', 'a\r\nX-Evil: 1', '']) {
      expect(await failure(() => store.write('vault', DATA, version))).toMatchObject({ code: 'ERR_CONFLICT' })
      expect(await failure(() => store.delete('vault', version))).toMatchObject({ code: 'ERR_CONFLICT' })
    }
    expect(server.requests).toEqual([])
    answer(304)
    expect(await failure(() => store.read('vault', { unlessVersion: 'a"b' }))).toMatchObject({
      code: 'ERR_UNAVAILABLE',
    })
  })

  test('the content is that of the moment of the call', async () => {
    const bodies: number[][] = []
    const data = Uint8Array.of(1, 2, 3)
    const sent: typeof fetch = async (_, init) => {
      bodies.push(Array.from(init?.body as Uint8Array))
      return new Response(null, { status: 200, headers: { ETag: '"1"' } })
    }
    const writing = createRemoteStorageStore({ href: server.href, token: TOKEN, path: 'a', fetch: sent }).write(
      'vault',
      data,
      null,
    )
    data.fill(9)
    await writing
    expect(bodies).toEqual([[1, 2, 3]])
  })
})

describe('versions', () => {
  test.each(['"7"', 'W/"7"', '"7-gzip"', 'W/"7-gzip"', '7'])('%s is version 7', async (etag) => {
    answer(200, { ETag: etag }, DATA)
    expect(await store.read('vault')).toEqual({ data: DATA, version: '7' })
    expect(await store.read('vault', { unlessVersion: '7' })).toBe('unchanged')
    expect(await store.write('vault', DATA, null)).toBe('7')
  })

  test('an answer without a body is unchanged only if that was asked for', async () => {
    answer(304)
    expect(await store.read('vault', { unlessVersion: '7' })).toBe('unchanged')
    expect(await failure(() => store.read('vault'))).toMatchObject({ code: 'ERR_UNAVAILABLE' })
  })

  test('a file without one cannot be kept; a write without one may or may not have been done', async () => {
    answer(200, {}, DATA)
    expect(await failure(() => store.read('vault'))).toMatchObject({
      code: 'ERR_UNSUPPORTED',
      message: expect.stringContaining('Access-Control-Expose-Headers'),
    })
    expect(await failure(() => store.write('vault', DATA, null))).toMatchObject({ code: 'ERR_UNAVAILABLE' })
  })
})

describe('refusals', () => {
  test.each([
    [400, 'ERR_UNSUPPORTED'],
    [401, 'ERR_UNAUTHORIZED'],
    [403, 'ERR_UNAUTHORIZED'],
    [405, 'ERR_UNSUPPORTED'],
    [408, 'ERR_UNAVAILABLE'],
    [409, 'ERR_UNSUPPORTED'],
    [412, 'ERR_CONFLICT'],
    [413, 'ERR_TOO_LARGE'],
    [423, 'ERR_UNAVAILABLE'],
    [429, 'ERR_UNAVAILABLE'],
    [500, 'ERR_UNAVAILABLE'],
    [502, 'ERR_UNAVAILABLE'],
    [503, 'ERR_UNAVAILABLE'],
    [504, 'ERR_UNAVAILABLE'],
    [507, 'ERR_QUOTA'],
  ])('%d is %s, and sent once', async (status, code) => {
    answer(status)
    for (const [, send] of REQUESTS) expect(await failure(send)).toMatchObject({ code })
    expect(server.requests).toHaveLength(REQUESTS.length)
  })

  test('404 is an absence', async () => {
    answer(404, HTML, 'Not Found')
    expect(await store.read('vault')).toBeNull()
    expect(await listed()).toEqual([])
    expect(await failure(() => store.delete('vault', '1'))).toMatchObject({ code: 'ERR_CONFLICT' })
  })

  test('404 to a write is of somebody who does not know the storage', async () => {
    answer(404, { 'Content-Type': 'text/plain' }, '404 page not found')
    for (const expected of [null, '1']) {
      expect(await failure(() => store.write('vault', DATA, expected))).toMatchObject({ code: 'ERR_UNAVAILABLE' })
    }
  })

  test.each([
    ['3', 3000],
    ['0', 0],
    ['Thu, 01 Jan 2026 00:01:00 GMT', 60_000],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['soon', undefined],
    ['-1', undefined],
  ])('Retry-After: %s', async (value, retryAfterMs) => {
    answer(429, { 'Retry-After': value })
    for (const [, send] of REQUESTS) expect((await failure(send)).retryAfterMs).toBe(retryAfterMs)
  })
})

describe('answers of something else', () => {
  test.each([200, 201, 401, 403, 404, 500, 503])('a page with status %d is no answer', async (status) => {
    answer(status, { ...HTML, ETag: '"7"' }, PAGE)
    for (const [name, send] of REQUESTS) expect(await failure(send), name).toMatchObject({ code: 'ERR_UNAVAILABLE' })
  })

  test.each([401, 403])('a page with status %d is one if it asks for a bearer token', async (status) => {
    answer(status, { ...HTML, 'WWW-Authenticate': 'Bearer realm="storage.example" error="invalid_token"' }, PAGE)
    for (const [, send] of REQUESTS) expect(await failure(send)).toMatchObject({ code: 'ERR_UNAUTHORIZED' })
  })

  test.each([202, 203, 206])('success with status %d says of no change that it was made', async (status) => {
    answer(status, { ETag: '"7"' })
    for (const [name, send] of REQUESTS) expect(await failure(send), name).toMatchObject({ code: 'ERR_UNAVAILABLE' })
  })

  test('a file that says it is HTML is none', async () => {
    answer(200, { ...HTML, ETag: '"7"' }, 'Welcome')
    expect(await failure(() => store.read('vault'))).toMatchObject({ code: 'ERR_UNAVAILABLE' })
  })

  test.each([301, 302, 303, 307, 308])('a redirection (%d) is not followed', async (status) => {
    answer(status, { Location: `${server.href}/elsewhere` })
    for (const [, send] of REQUESTS) expect(await failure(send)).toMatchObject({ code: 'ERR_UNAVAILABLE' })
    expect(server.requests).toHaveLength(REQUESTS.length)
  })

  test('a listing that is none', async () => {
    for (const body of ['', 'OK', '[]', '{"items":7}']) {
      answer(200, { 'Content-Type': 'application/json' }, body)
      expect(await failure(listed)).toMatchObject({ code: 'ERR_UNAVAILABLE' })
    }
  })

  test('what a listing names that no vault has is left out', async () => {
    const items = {
      vault: { ETag: '1' },
      'a b': { ETag: '2' },
      '..': { ETag: '3' },
      '../': {},
      'vault.json': {},
      '': {},
    }
    answer(200, {}, JSON.stringify({ items }))
    expect(await listed()).toEqual([{ key: 'vault', version: '1' }])
    expect(server.requests).toHaveLength(1)
  })
})

describe('broken connections', () => {
  test.each<[string, ScriptedServer['answer']]>([
    ['no answer', (_, response) => response.destroy()],
    [
      'half a body',
      (_, response) =>
        void response.writeHead(200, { ETag: '"7"', 'Content-Length': 10 }).write('12345', () => response.destroy()),
    ],
    ['half a head', ({ socket }) => void socket.end('HTTP/1.1 200 OK\r\nETag: "7"\r\n')],
    ['no HTTP', ({ socket }) => void socket.end('220 mail.example ESMTP\r\n\r\n')],
  ])('%s', async (_, script) => {
    server.answer = script
    for (const [, send] of REQUESTS) expect(await failure(send)).toMatchObject({ code: 'ERR_UNAVAILABLE' })
  })

  test('nobody there', async () => {
    await server.close()
    for (const [, send] of REQUESTS) {
      expect(await failure(send)).toMatchObject({ code: 'ERR_UNAVAILABLE', message: expect.stringContaining('ECONN') })
    }
  })
})

describe('signals', () => {
  const signalled: readonly (readonly [name: string, code: string, send: (signal: AbortSignal) => Promise<unknown>])[] =
    [
      ['read', 'ERR_ABORTED', (signal) => store.read('vault', { signal })],
      ['write', 'ERR_UNAVAILABLE', (signal) => store.write('vault', DATA, null, { signal })],
      ['delete', 'ERR_UNAVAILABLE', (signal) => store.delete('vault', '1', { signal })],
      ['list', 'ERR_ABORTED', (signal) => store.list('', { signal })[Symbol.asyncIterator]().next()],
    ]

  test.each(signalled)('a %s that is aborted on its way ends there, and its connection too', async (_, code, send) => {
    const controller = new AbortController()
    const ended = new Promise<void>((resolve) => {
      server.answer = ({ socket }, response) => {
        socket.once('close', () => resolve())
        response.writeHead(200, { ETag: '"7"', 'Content-Length': 10 }).write('12345', () => controller.abort())
      }
    })
    expect(await failure(() => send(controller.signal))).toMatchObject({ code })
    await ended
  })

  test.each(signalled)('a %s that is aborted before is not sent', async (_, __, send) => {
    expect(await failure(() => send(AbortSignal.abort()))).toMatchObject({ code: 'ERR_ABORTED' })
    expect(server.requests).toEqual([])
  })
})
