import { inspect } from 'node:util'
import { createS3Store, type S3Store, type S3StoreOptions } from '@vaultdb/s3'
import { AwsV4Signer } from 'aws4fetch'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import { credentials, makeBucket, optionsFor, request } from './server/buckets.ts'
import { administer } from './server/ceph.ts'
import { type CountingProxy, HOST_HEADER, startProxy } from './server/proxy.ts'

let bucket = ''
let places = 0
let place: S3StoreOptions
const data = new TextEncoder().encode('content')

beforeAll(async () => {
  bucket = await makeBucket()
})
beforeEach(() => {
  places++
  place = { ...optionsFor(bucket), prefix: `place-${places}` }
})

async function failure(work: Promise<unknown>): Promise<unknown> {
  const error = await work.then(
    (value) => expect.fail(`resolved to ${inspect(value)}`),
    (reason: unknown) => reason,
  )
  const shown = inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true, getters: true })
  for (const secret of [...Object.values(credentials), 'Signature=']) expect(shown).not.toContain(secret)
  return error
}

async function keysOf(store: S3Store, prefix = ''): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of store.list(prefix)) keys.push(key)
  return keys.toSorted()
}

const callsOf = (store: S3Store): readonly (() => Promise<unknown>)[] => [
  () => store.read('vault'),
  () => store.write('vault', data, null),
  () => keysOf(store),
]

/** The names of all objects of a place, those too that are no vault's. */
async function namesIn({ prefix }: S3StoreOptions): Promise<string[]> {
  const page = await (await request('GET', `/${bucket}/?list-type=2&prefix=${prefix}%2F`)).text()
  return [...page.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, name = '']) => name.slice(`${prefix}/`.length))
}

test('the probe finds how this service differs, and leaves nothing', async () => {
  const store = createS3Store(place)
  expect(await store.probe()).toEqual({ ifMatch: 'unquoted', conditionalDelete: false, trustworthyListings: true })
  expect(await namesIn(place)).toEqual([])
})

test('a bucket that does not exist is no place for a vault, and an absent file in it is no absence', async () => {
  const store = createS3Store({ ...place, bucket: 'there-is-no-such-bucket' })
  for (const call of callsOf(store)) {
    expect(await failure(call())).toMatchObject({
      code: 'ERR_UNSUPPORTED',
      message: expect.stringMatching(/NoSuchBucket/),
    })
  }
})

describe('refused for the credentials', () => {
  test.each<[string, Partial<S3StoreOptions>, RegExp]>([
    ['a wrong secret', { credentials: { ...credentials, secretAccessKey: 'wrong' } }, /SignatureDoesNotMatch/],
    ['an unknown key', { credentials: { ...credentials, accessKeyId: 'unknown' } }, /InvalidAccessKeyId/],
    [
      'no signature at all',
      { credentials: undefined as never, sign: async ({ url }) => ({ url, headers: {} }) },
      /403/,
    ],
  ])('%s', async (_name, { credentials: wrong, ...options }, message) => {
    const { credentials: right, ...rest } = place
    const chosen = options.sign === undefined ? { credentials: wrong ?? right } : options
    const store = createS3Store({ ...rest, ...chosen } as S3StoreOptions)
    for (const call of callsOf(store)) {
      expect(await failure(call())).toMatchObject({ code: 'ERR_UNAUTHORIZED', message: expect.stringMatching(message) })
    }
  })

  test('a clock that is an hour slow', async () => {
    const runtime = { now: () => Date.now() - 3_600_000, randomBytes: (length: number) => new Uint8Array(length) }
    const error = await failure(createS3Store({ ...place, runtime }).read('vault'))
    expect(error).toMatchObject({
      code: 'ERR_UNAUTHORIZED',
      message: expect.stringMatching(/clock is wrong, by some 60 minutes slow/),
    })
  })

  test('keys that were replaced are renewed by the function that gets them', async () => {
    const { configuration } = inject('ceph')
    const user = ['--uid=leaving', '--display-name=leaving', '--access-key=AKOLD', '--secret-key=SKOLD']
    await administer(configuration, 'user', 'create', ...user)
    const own = await makeBucketOf('AKOLD', 'SKOLD')
    const issued = [
      { accessKeyId: 'AKOLD', secretAccessKey: 'SKOLD' },
      { accessKeyId: 'AKNEW', secretAccessKey: 'SKNEW' },
    ]
    let asked = 0
    const store = createS3Store({
      ...place,
      bucket: own,
      credentials: async () => issued[Math.min(asked++, 1)] as (typeof issued)[0],
    })
    const version = await store.write('vault', data, null)
    await administer(configuration, 'key', 'rm', '--uid=leaving', '--access-key=AKOLD')
    await administer(configuration, 'key', 'create', '--uid=leaving', '--access-key=AKNEW', '--secret-key=SKNEW')
    const reads = await Promise.all(Array.from({ length: 10 }, () => store.read('vault')))
    expect(reads).toEqual(Array.from({ length: 10 }, () => ({ data, version })))
    expect(asked).toBe(2)
  })
})

async function makeBucketOf(accessKeyId: string, secretAccessKey: string): Promise<string> {
  const name = `own-${accessKeyId.toLowerCase()}`
  const signer = new AwsV4Signer({
    method: 'PUT',
    url: `${inject('ceph').endpoint}/${name}`,
    accessKeyId,
    secretAccessKey,
    service: 's3',
  })
  const { url, headers } = await signer.sign()
  expect((await fetch(url, { method: 'PUT', headers })).status).toBe(200)
  return name
}

test('a full bucket is ERR_QUOTA, and what is there stays', async () => {
  const { configuration } = inject('ceph')
  await administer(
    configuration,
    'user',
    'create',
    '--uid=full',
    '--display-name=full',
    '--access-key=AKFULL',
    '--secret-key=SKFULL',
  )
  const own = await makeBucketOf('AKFULL', 'SKFULL')
  const store = createS3Store({
    ...place,
    bucket: own,
    credentials: { accessKeyId: 'AKFULL', secretAccessKey: 'SKFULL' },
  })
  const version = await store.write('vault', data, null)
  const quota = ['--uid=full', '--quota-scope=bucket', '--max-objects=1']
  await administer(configuration, 'quota', 'set', ...quota)
  await administer(configuration, 'quota', 'enable', '--uid=full', '--quota-scope=bucket')
  // A fresh store would see the quota at its probe; this one was told before.
  expect(await failure(store.write('shards/0', data, null))).toMatchObject({ code: 'ERR_QUOTA' })
  expect(await store.read('vault')).toEqual({ data, version })
  expect(await keysOf(store)).toEqual(['vault'])
})

test('equal content has an equal version, which the capabilities say, and other content another one', async () => {
  const store = createS3Store(place)
  const first = await store.write('vault', data, null)
  const second = await store.write('vault', Uint8Array.of(1), first)
  expect(await store.write('vault', data, second)).toBe(first)
  expect(second).not.toBe(first)
  expect(store.capabilities.uniqueVersions).toBe(false)
})

test('a listing of more files than one page holds is complete', async () => {
  const store = createS3Store(place)
  const keys = Array.from({ length: 1_100 }, (_, index) => `shards/${index}`)
  for (let begin = 0; begin < keys.length; begin += 50) {
    await Promise.all(keys.slice(begin, begin + 50).map((key) => store.write(key, Uint8Array.of(1), null)))
  }
  await store.write('vault', data, null)
  expect(await keysOf(store, 'shards/')).toEqual(keys.toSorted())
  expect(await keysOf(store)).toHaveLength(keys.length + 1)
})

test('what lies beside a vault is not its own, nor touched', async () => {
  for (const name of ['a name.txt', 'shards/x.tmp', 'other/vault']) {
    await request('PUT', `/${bucket}/${place.prefix}/${encodeURIComponent(name)}`, 'foreign')
  }
  await request('PUT', `/${bucket}/${place.prefix}-beside/vault`, 'foreign')
  const store = createS3Store(place)
  await store.write('vault', data, null)
  expect(await keysOf(store)).toEqual(['other/vault', 'vault'])
})

test('a deletion with a version that is not the current one deletes nothing, though the service does not look', async () => {
  const store = createS3Store(place)
  const first = await store.write('vault', data, null)
  const second = await store.write('vault', Uint8Array.of(1), first)
  expect(await failure(store.delete('vault', first))).toMatchObject({ code: 'ERR_CONFLICT' })
  await store.delete('vault', second)
  expect(await failure(store.delete('vault', second))).toMatchObject({ code: 'ERR_CONFLICT' })
})

test('pre-signed addresses from a server of the application', async () => {
  const { credentials: _, ...rest } = place
  const signed: string[] = []
  const store = createS3Store({
    ...rest,
    // What such a server does: it alone knows the keys; the condition's header is signed with the rest.
    sign: async ({ method, url, headers }) => {
      signed.push(`${method} ${new URL(url).pathname}`)
      const signer = new AwsV4Signer({
        method,
        url,
        headers,
        ...credentials,
        service: 's3',
        signQuery: true,
        allHeaders: true,
      })
      const { url: address, headers: toSend } = await signer.sign()
      return { url: address.href, headers: Object.fromEntries(toSend) }
    },
  })
  const version = await store.write('vault', data, null)
  expect(await failure(store.write('vault', data, null))).toMatchObject({ code: 'ERR_CONFLICT' })
  expect(await store.read('vault')).toEqual({ data, version })
  expect(await store.read('vault', { unlessVersion: version })).toBe('unchanged')
  expect(await keysOf(store)).toEqual(['vault'])
  expect(signed).toContain(`PUT /${bucket}/${place.prefix}/vault`)
})

describe('virtual-host addressing', () => {
  let proxy: CountingProxy
  beforeAll(async () => {
    proxy = await startProxy(inject('ceph').endpoint)
  })
  afterAll(() => proxy.close())

  test('the bucket stands in the host name, and its signature is accepted', async () => {
    // Names below localhost are not resolved everywhere, so the host goes in a header that the proxy puts in its place.
    const fetch = (address: string, { headers, ...init }: RequestInit): Promise<Response> => {
      const { host, pathname, search } = new URL(address)
      const all = new Headers(headers)
      all.set(HOST_HEADER, host)
      return globalThis.fetch(`${proxy.endpoint}${pathname}${search}`, { ...init, headers: all })
    }
    const store = createS3Store({ ...place, endpoint: 'http://localhost', addressing: 'virtual-host', fetch })
    const version = await store.write('vault', data, null)
    expect(await createS3Store(place).read('vault')).toEqual({ data, version })
    expect(await keysOf(store)).toEqual(['vault'])
    expect(proxy.exchanges.every(({ path }) => !path.includes(bucket))).toBe(true)
  })
})
