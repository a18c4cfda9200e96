import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FAULTS } from '../../src/bad-network/faults.ts'
import { NO_FAULTS, planFaults } from '../../src/bad-network/plan.ts'
import { BadNetwork } from '../../src/bad-network/proxy.ts'
import { secretIn } from '../../src/bad-network/secrets.ts'

const CONTENT = 'x'.repeat(5_000)

/** Bodies that the server has got as a whole. */
let applied: string[] = []
let server: Server
let network: BadNetwork

beforeEach(async () => {
  applied = []
  server = createServer(async (request, response) => {
    let body = ''
    try {
      for await (const chunk of request) body += chunk
    } catch {
      return // cut off
    }
    applied.push(body)
    response.writeHead(200, { ETag: '"1"' })
    // Without a length: in chunks.
    response.write(CONTENT)
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  network = await BadNetwork.start(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
afterEach(async () => {
  await network.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

interface Seen {
  readonly status: number
  readonly etag: string | null
  readonly body: string
}

/** What a client sees of one request; `null` for no whole answer. */
async function sent(signal?: AbortSignal): Promise<Seen | null> {
  const url = `${network.url}/file`
  try {
    const response = await fetch(url, { method: 'PUT', body: CONTENT, ...(signal && { signal }) })
    return { status: response.status, etag: response.headers.get('etag'), body: await response.text() }
  } catch {
    return null
  }
}

const whole: Seen = { status: 200, etag: '"1"', body: CONTENT }
const brief = (seen: Seen | null): unknown => (seen === null ? null : [seen.status, seen.etag, seen.body === CONTENT])

test('without faults all goes through, over connections that are used again', async () => {
  for (let time = 0; time < 10; time++) expect(await sent()).toEqual(whole)
  expect(applied).toEqual(Array.from({ length: 10 }, () => CONTENT))
  expect(network.exchanges.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200))
  expect(new Set(network.exchanges.map(({ connection }) => connection)).size).toBeLessThan(10)
  expect(network.underWay).toBe(0)
})

test.each([
  ['delayed', 1, [200, '"1"', true]],
  ['throttled', 1, [200, '"1"', true]],
  ['reset before', 0, null],
  ['reset after', 1, null],
  ['request cut', 0, null],
  ['answer cut', 1, null],
  ['answer cut by a reset', 1, null],
  ['answered 429', 0, [429, null, false]],
  ['answered 429 with Retry-After', 0, [429, null, false]],
  ['answered 500', 0, [500, null, false]],
  ['answered 500 after', 1, [500, null, false]],
  ['answered 503', 0, [503, null, false]],
  ['answered 503 after', 1, [503, null, false]],
  ['login page', 0, [200, '"login"', false]],
  ['login page after', 1, [200, '"login"', false]],
  ['weak ETag', 1, [200, 'W/"1"', true]],
  ['ETag of a coding', 1, [200, '"1-gzip"', true]],
  ['version hidden', 1, [200, null, true]],
])('%s', async (fault, times, seen) => {
  expect(await sent()).toEqual(whole) // the connection is one that has been used
  network.plan = () => fault
  expect(brief(await sent())).toEqual(seen)
  await network.quiet()
  network.plan = NO_FAULTS
  expect(await sent()).toEqual(whole)
  expect(applied).toHaveLength(2 + times)
})

test.each([
  ['dropped before', 0],
  ['dropped after', 1],
  ['late', 1],
])('%s: there is no answer until the client gives up', async (fault, times) => {
  network.plan = () => fault
  const client = new AbortController()
  const answer = sent(client.signal)
  while (network.underWay === 0 || (fault === 'dropped after' && applied.length === 0)) {
    await new Promise((resolve) => setImmediate(resolve))
  }
  if (fault === 'late') expect(applied).toEqual([])
  client.abort()
  expect(await answer).toBeNull()
  await network.quiet()
  expect(applied).toHaveLength(times)
})

test('a plan comes to every fault, and the same seed to the same ones', () => {
  const draw = (seed: number): (string | null)[] => Array.from({ length: 1_000 }, planFaults(seed, 10))
  const drawn = draw(1)
  expect(new Set(drawn)).toEqual(new Set([null, ...Object.keys(FAULTS)]))
  expect(draw(1)).toEqual(drawn)
  expect(draw(2)).not.toEqual(drawn)
})

test('secrets are found wherever an error holds them', () => {
  const hidden = Object.defineProperty(new Error('no'), 'request', {
    value: { headers: new Map([['a', 'the-token']]) },
  })
  expect(secretIn(new Error('failed', { cause: hidden }), ['the-token'])).not.toBeNull()
  expect(secretIn(new Error('https://s3.example/?X-Amz-Signature=abc'), [])).not.toBeNull()
  expect(secretIn({ [Symbol('request')]: { authorization: 'x' } }, [])).not.toBeNull()
  expect(secretIn(new Error('Sign in again.', { cause: new Error('no') }), ['the-token'])).toBeNull()
})
