import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createS3Store, type S3Store } from '@vaultdb/s3'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { doubledChanges, MET_THEMSELVES, sendTwice } from '../../core/test/sent-twice.ts'

/** In which way the service does not compare and swap. */
type Flaw =
  | 'ignores If-None-Match'
  | 'ignores If-Match'
  | 'creates on If-Match'
  | 'refuses every If-Match'
  | 'reads are old'
  | 'takes no conditions'
  | 'hides the ETag'
  | 'is out of order after the first write'
  | 'forbids deletions and listings'
  | 'none'

const state: { flaw: Flaw; files: Map<string, Buffer>; before: Map<string, Buffer>; requests: string[] } = {
  flaw: 'none',
  files: new Map(),
  before: new Map(),
  requests: [],
}

const etagOf = (data: Buffer): string => `"${createHash('md5').update(data).digest('hex')}"`

/** The status that a conditional request gets, or 200. */
function judge({ headers }: IncomingMessage, present: Buffer | undefined): number {
  const { flaw } = state
  const conditions = [headers['if-none-match'], headers['if-match']]
  if (flaw === 'takes no conditions' && conditions.some((each) => each !== undefined)) return 501
  if (headers['if-none-match'] !== undefined && flaw !== 'ignores If-None-Match' && present) return 412
  if (headers['if-match'] === undefined || flaw === 'ignores If-Match') return 200
  if (present === undefined) return flaw === 'creates on If-Match' ? 200 : 404
  return flaw !== 'refuses every If-Match' && headers['if-match'] === etagOf(present) ? 200 : 412
}

const CODES = new Map([
  [403, 'AccessDenied'],
  [404, 'NoSuchKey'],
  [412, 'PreconditionFailed'],
  [500, 'InternalError'],
  [501, 'NotImplemented'],
])

interface Reply {
  readonly status: number
  readonly etag?: string
  readonly body?: Buffer | string
}

function listing(): string {
  const contents = [...state.files].map(
    ([path, data]) => `<Contents><Key>${path.slice('/bucket/'.length)}</Key><ETag>${etagOf(data)}</ETag></Contents>`,
  )
  return `<ListBucketResult><IsTruncated>false</IsTruncated>${contents.join('')}</ListBucketResult>`
}

/** A service with conditional writes and deletions, in memory, but for its flaw. */
function serve(request: IncomingMessage, data: Buffer): Reply {
  const { flaw, files, before } = state
  const { method, url = '' } = request
  const isForbidden = flaw === 'forbids deletions and listings' && (method === 'DELETE' || url.includes('list-type'))
  if (isForbidden) return { status: 403 }
  if (flaw === 'is out of order after the first write' && files.size > 0) return { status: 500 }
  if (url.includes('list-type')) return { status: 200, body: listing() }
  const present = files.get(url)
  const shown = flaw === 'reads are old' ? (before.get(url) ?? present) : present
  if (method === 'GET' && shown && request.headers['if-none-match'] === etagOf(shown)) return { status: 304 }
  if (method === 'GET') return shown ? { status: 200, etag: etagOf(shown), body: shown } : { status: 404 }
  const status = judge(request, present)
  if (status !== 200) return { status }
  if (method === 'DELETE') return { status: files.delete(url) ? 204 : 204 }
  if (present) before.set(url, present)
  files.set(url, data)
  return flaw === 'hides the ETag' ? { status } : { status, etag: etagOf(data) }
}

let server: Server
let endpoint = ''

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    state.requests.push(`${request.method} ${request.url}`)
    const { status, etag, body } = serve(request, Buffer.concat(chunks))
    const code = CODES.get(status)
    response.writeHead(status, etag === undefined ? {} : { etag })
    response.end(
      status === 204 || status === 304 ? undefined : (body ?? (code && `<Error><Code>${code}</Code></Error>`)),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => new Promise((resolve) => server.close(resolve)))

beforeEach(() => {
  Object.assign(state, { flaw: 'none', files: new Map(), before: new Map(), requests: [] })
})

const data = new TextEncoder().encode('content')
const credentials = { accessKeyId: 'id', secretAccessKey: 'secret' }
const store = (): S3Store => createS3Store({ endpoint, bucket: 'bucket', credentials })

/** Paths of what the service keeps that is no scratch. */
const kept = (): string[] => [...state.files.keys()].filter((path) => !path.includes('/.probe/'))

describe('a bucket that cannot hold a vault is refused, naming the reason, and nothing is left of the probe', () => {
  test.each<[Flaw, RegExp]>([
    ['ignores If-None-Match', /lets a file be created that exists/],
    ['ignores If-Match', /lets a file be replaced by its version of before/],
    ['creates on If-Match', /lets a file be replaced that does not exist/],
    ['refuses every If-Match', /does not let a file be replaced by its current version/],
    ['reads are old', /reading a file does not show what was just written/],
    ['takes no conditions', /does not take conditional writes/],
    ['hides the ETag', /add "ETag" to ExposeHeaders/],
  ])('%s', async (flaw, message) => {
    state.flaw = flaw
    const writing = store().write('vault', data, null)
    await expect(writing).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED', message: expect.stringMatching(message) })
    expect([...state.files.keys()]).toEqual([])
  })

  test('the error names the bucket', async () => {
    state.flaw = 'ignores If-Match'
    await expect(store().probe()).rejects.toThrow('Bucket bucket does not compare-and-swap')
  })
})

test.each([
  ['creation', 1],
  ['update', 3],
])('a bucket is not refused because the platform has sent the probe’s %s twice', async (_, which) => {
  let writes = 0
  const one = createS3Store({
    endpoint,
    bucket: 'bucket',
    credentials,
    fetch: async (url, init) => {
      const first = await fetch(url, init)
      return init.method === 'PUT' && ++writes === which ? fetch(url, init) : first
    },
  })
  await expect(one.probe()).rejects.toMatchObject({
    code: 'ERR_UNAVAILABLE',
    message: expect.stringMatching(/twice.* Try again/),
  })
  expect([...state.files.keys()]).toEqual([])
  await one.write('vault', data, null)
})

test('a probe that could not be finished is tried again by the next write', async () => {
  state.flaw = 'is out of order after the first write'
  const one = store()
  await expect(one.write('vault', data, null)).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE' })
  state.flaw = 'none'
  await one.write('vault', data, null)
  expect(kept()).toEqual(['/bucket/vault'])
})

test('a good bucket is probed once, however many write at once, and nothing is left of it', async () => {
  const one = store()
  await Promise.all(['a', 'b', 'c'].map((key) => one.write(key, data, null)))
  await one.write('d', data, null)
  expect([...state.files.keys()].toSorted()).toEqual(['/bucket/a', '/bucket/b', '/bucket/c', '/bucket/d'])
  expect(state.requests.filter((request) => request.includes('.probe'))).toHaveLength(10)
  expect(one.capabilities).toMatchObject({ conditionalDelete: true, trustworthyListings: true })
})

test('reading and listing probe nothing', async () => {
  const one = store()
  await one.read('vault')
  for await (const { key } of one.list('')) expect(key).toBe('nothing is there')
  expect(state.requests).toEqual(['GET /bucket/vault', 'GET /bucket/?list-type=2&prefix='])
  expect(one.capabilities).toMatchObject({ conditionalDelete: false, trustworthyListings: false })
})

test('given what an earlier probe found, nothing is probed', async () => {
  const traits = await store().probe()
  expect(traits).toEqual({ ifMatch: 'quoted', conditionalDelete: true, trustworthyListings: true })
  state.requests = []
  const one = createS3Store({ endpoint, bucket: 'bucket', credentials, traits: JSON.parse(JSON.stringify(traits)) })
  const version = await one.write('vault', data, null)
  await one.delete('vault', version)
  await expect(one.delete('vault', version)).rejects.toMatchObject({ code: 'ERR_CONFLICT' })
  expect(state.requests).toEqual(['PUT /bucket/vault', 'DELETE /bucket/vault', 'DELETE /bucket/vault'])
})

test('credentials that may neither delete nor list can still write', async () => {
  state.flaw = 'forbids deletions and listings'
  const one = store()
  const version = await one.write('vault', data, null)
  expect(one.capabilities).toMatchObject({ conditionalDelete: false, trustworthyListings: false })
  await expect(one.delete('vault', version)).rejects.toMatchObject({ code: 'ERR_UNAUTHORIZED' })
})

test('when one step of the probe fails, none of the others stays under way', async () => {
  const underWay = new Set<string>()
  const one = createS3Store({
    endpoint,
    bucket: 'bucket',
    credentials,
    fetch: (url, init) => {
      if (init.method === 'GET') return Promise.resolve(new Response(null, { status: 500 }))
      if (!url.endsWith('-missing')) return fetch(url, init)
      underWay.add(url)
      return new Promise((_, reject) => {
        init.signal?.addEventListener('abort', () => {
          underWay.delete(url)
          reject(new Error('aborted'))
        })
      })
    },
  })
  await expect(one.write('vault', data, null)).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE' })
  expect([...underWay]).toEqual([])
  expect([...state.files.keys()]).toEqual([])
})

test('a probe ends when all who wait for it have given up', async () => {
  const one = store()
  const first = new AbortController()
  const second = new AbortController()
  const writes = [first, second].map(({ signal }) => one.write('vault', data, null, { signal }))
  first.abort()
  await expect(writes[0]).rejects.toMatchObject({ code: 'ERR_ABORTED' })
  second.abort()
  await expect(writes[1]).rejects.toMatchObject({ code: 'ERR_ABORTED' })
  await one.close()
  expect(kept()).toEqual([])
})

test('a change that the platform sends twice on its way is a conflict, and not done', async () => {
  const traits = await store().probe()
  const doubling = createS3Store({ endpoint, bucket: 'bucket', credentials, traits, fetch: sendTwice(fetch) })
  expect(await doubledChanges(store(), doubling)).toEqual(MET_THEMSELVES)
})
