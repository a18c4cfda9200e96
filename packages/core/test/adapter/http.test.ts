import { createServer, type RequestListener } from 'node:http'
import { inspect } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { exchange, type HttpRequest, reasonOf, retryAfterMs } from '../../src/adapter/http.ts'

const SECRET = 'Bearer of-all-secrets'

async function listen(answer: RequestListener): Promise<string> {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
}

const get = (url: string, more: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'GET',
  url,
  doing: 'read file vault',
  advice: 'Check the connection.',
  headers: { authorization: SECRET },
  ...more,
})

test('the whole answer, whatever it says', async () => {
  const url = await listen((_, response) => response.writeHead(404, { 'X-Why': 'gone' }).end('not here'))
  const { status, headers, body } = await exchange(fetch, get(url))
  expect([status, headers.get('x-why'), new TextDecoder().decode(body)]).toEqual([404, 'gone', 'not here'])
})

test('a redirection is an answer, and is not followed', async () => {
  const paths: unknown[] = []
  const url = await listen(({ url: path }, response) => {
    paths.push(path)
    response.writeHead(307, { Location: '/elsewhere' }).end()
  })
  const body = Uint8Array.of(1)
  expect(await exchange(fetch, get(url, { method: 'PUT', body }))).toMatchObject({ status: 307 })
  expect(paths).toEqual(['/'])
})

test.each(['GET', 'PUT'] as const)('a %s whose answer breaks off: what broke it, and no secret', async (method) => {
  const url = await listen((_, response) => {
    response.writeHead(200, { 'Content-Length': 100 })
    response.write('some of it')
    setImmediate(() => response.destroy())
  })
  const error = await exchange(fetch, get(url, { method })).catch((reason: unknown) => reason)
  expect(error).toMatchObject({
    code: 'ERR_UNAVAILABLE',
    message: expect.stringMatching(
      /^Cannot read file vault: no whole answer arrived \([A-Z_]+\)\. Check the connection\.$/,
    ),
  })
  expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(SECRET)
})

test('a body that is shorter than its header says, where the platform does not notice', async () => {
  const cut = async (): Promise<Response> => new Response('some', { headers: { 'Content-Length': '9' } })
  const failure = { code: 'ERR_UNAVAILABLE', message: expect.stringContaining('4 bytes arrived of 9') }
  await expect(exchange(cut, get('http://127.0.0.1'))).rejects.toMatchObject(failure)
  const unpacked = { 'Content-Length': '9', 'Content-Encoding': 'gzip' }
  const packed = async (): Promise<Response> => new Response('some', { headers: unpacked })
  expect((await exchange(packed, get('http://127.0.0.1'))).body).toHaveLength(4)
})

test.each([
  ['GET', 'ERR_ABORTED'],
  ['PUT', 'ERR_UNAVAILABLE'],
  ['DELETE', 'ERR_UNAVAILABLE'],
] as const)('a %s that is given up on its way: %s', async (method, code) => {
  const controller = new AbortController()
  const url = await listen(() => controller.abort('enough'))
  const sent = exchange(fetch, get(url, { method, signal: controller.signal }))
  await expect(sent).rejects.toMatchObject({ code, cause: 'enough' })
})

test.each([
  ['7', 7000],
  ['0', 0],
  ['Thu, 01 Jan 1970 00:02:00 GMT', 60_000],
  ['Thu, 01 Jan 1970 00:00:10 GMT', 0],
  ['soon', undefined],
  ['-1', undefined],
  ['1970-01-01', undefined],
  [null, undefined],
])('Retry-After %j, asked a minute after the epoch: %j', (value, ms) => {
  const headers = new Headers(value === null ? {} : { 'Retry-After': value })
  expect(retryAfterMs(headers, { now: () => 60_000 })).toBe(ms)
})

test("the system's name of a failure is that of the error or of what is below it, as far as it is a name", () => {
  const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })
  expect(reasonOf(new TypeError('fetch failed', { cause: refused }))).toBe(' (ECONNREFUSED)')
  for (const error of [new Error('x'), Object.assign(new Error('x'), { code: 'a secret' }), 'text', undefined]) {
    expect(reasonOf(error)).toBe('')
  }
})
