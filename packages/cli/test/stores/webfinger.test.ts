import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createRuntime } from '@vaultdb/core'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { findStorage } from '../../src/stores/webfinger.ts'

const runtime = createRuntime()
const { signal } = new AbortController()

/** A host on this machine; resolves to its address with port. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

const RELATION = 'http://tools.ietf.org/id/draft-dejong-remotestorage'
const link = (href: string, properties: Record<string, unknown> = {}, rel = RELATION): string =>
  JSON.stringify({
    links: [
      { rel: 'avatar', href: 'https://a.example' },
      { rel, href, properties },
    ],
  })

const answering = (body: string, status = 200): Promise<string> =>
  serve((_request, response) => response.writeHead(status).end(body))

const find = (host: string) => findStorage(`ada@${host}`, runtime, signal)

afterEach(() => vi.unstubAllGlobals())

describe('the storage of an address', () => {
  it('is what the host says, with the page to sign in at', async () => {
    const asked: (string | undefined)[] = []
    const page = 'https://storage.example/oauth/ada'
    const host = await serve((request, response) => {
      asked.push(request.url)
      response.end(link('https://storage.example/ada', { 'http://tools.ietf.org/html/rfc6749#section-4.2': page }))
    })
    expect(await find(host)).toEqual({ href: 'https://storage.example/ada', authorizationPage: page })
    expect(asked).toEqual([`/.well-known/webfinger?resource=${encodeURIComponent(`acct:ada@${host}`)}`])
  })

  it('may be described as it first was, and have no page', async () => {
    const host = await answering(link('https://storage.example/ada', {}, 'remotestorage'))
    expect(await find(host)).toEqual({ href: 'https://storage.example/ada', authorizationPage: null })
  })

  it('is asked for over https, from every host but this machine, and never over http afterwards', async () => {
    const asked: string[] = []
    vi.stubGlobal('fetch', async (url: URL) => {
      asked.push(url.href)
      throw new TypeError('fetch failed')
    })
    for (const host of ['storage.example', '127.0.0.1.example', 'localhost.example:80']) {
      await expect(find(host)).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE' })
    }
    expect(asked.map((url) => new URL(url).origin)).toEqual([
      'https://storage.example',
      'https://127.0.0.1.example',
      'https://localhost.example:80',
    ])
  })

  it('follows redirections to secure addresses only', async () => {
    const last = await answering(link('https://storage.example/ada'))
    const first = await serve((_request, response) => response.writeHead(302, { location: `http://${last}/x` }).end())
    expect(await find(first)).toMatchObject({ href: 'https://storage.example/ada' })

    const asked: string[] = []
    vi.stubGlobal('fetch', async (url: URL) => {
      asked.push(url.href)
      return new Response(null, { status: 307, headers: { location: `http://${last}/x` } })
    })
    await expect(find('storage.example')).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE' })
    expect(asked).toHaveLength(1)
  })

  it('is not looked for without end', async () => {
    let requests = 0
    const host = await serve((_request, response) => {
      requests++
      response.writeHead(302, { location: '/again' }).end()
    })
    await expect(find(host)).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE' })
    expect(requests).toBe(6)
  })

  it.each([
    ['a page of HTML', '<html>sign in</html>', 200, 'ERR_UNAVAILABLE'],
    ['an endless answer', `"${'x'.repeat(70_000)}"`, 200, 'ERR_UNAVAILABLE'],
    ['a failure', '', 503, 'ERR_UNAVAILABLE'],
    ['an unknown user', '', 404, 'ERR_UNSUPPORTED'],
    ['no storage', '{"links":[]}', 200, 'ERR_UNSUPPORTED'],
    ['nothing of use', 'null', 200, 'ERR_UNSUPPORTED'],
    ['an address without https', link('http://storage.example/ada'), 200, 'ERR_UNSUPPORTED'],
    ['an address with credentials', link('https://a:b@storage.example/ada'), 200, 'ERR_UNSUPPORTED'],
    [
      'a server that compares no versions',
      link('https://storage.example/ada', { 'http://remotestorage.io/spec/version': 'draft-dejong-remotestorage-00' }),
      200,
      'ERR_UNSUPPORTED',
    ],
  ])('cannot be found through %s', async (_name, body, status, code) => {
    await expect(find(await answering(body, status))).rejects.toMatchObject({ code })
  })

  it('is waited for so long and no longer; the user may stop before', async () => {
    const silent = await serve(() => undefined)
    const hurried = { sleep: () => new Promise<void>((resolve) => setImmediate(resolve)) }
    await expect(findStorage(`ada@${silent}`, hurried, signal)).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE' })
    const stop = new AbortController()
    const looking = findStorage(`ada@${silent}`, runtime, stop.signal)
    stop.abort(new Error('stopped'))
    await expect(looking).rejects.toThrow('stopped')
  })
})
