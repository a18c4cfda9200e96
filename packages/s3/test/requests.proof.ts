import { VaultDB } from '@vaultdb/core'
import { createS3Store, type S3StoreOptions, type S3Traits } from '@vaultdb/s3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { testRequestTable } from '../../simulation/test/request-table.ts'
import { makeBucket, optionsFor } from './server/buckets.ts'
import { type CountingProxy, startProxy } from './server/proxy.ts'

let proxy: CountingProxy
let bucket = ''
let traits: S3Traits
let places = 0

beforeAll(async () => {
  bucket = await makeBucket()
  const options = optionsFor(bucket)
  proxy = await startProxy(options.endpoint)
  traits = await createS3Store(options).probe()
}, 120_000)
afterAll(() => proxy.close())

/** What opens a store under a prefix of its own, through the proxy. */
function newPlace(): S3StoreOptions {
  places += 1
  return { ...optionsFor(bucket), endpoint: proxy.endpoint, prefix: `place-${places}` }
}

testRequestTable(async () => {
  const options = { ...newPlace(), traits }
  // Ceph answers some of those that come second with 500.
  return { open: async () => createS3Store(options), requests: () => proxy.exchanges.length, hasUnclearRaces: true }
})

test('what did not change since is confirmed without a body', async () => {
  const db = await VaultDB.create(createS3Store({ ...newPlace(), traits }), { key: new Uint8Array(32) })
  await db.put('/document', 'content')
  await db.get('/document')
  const before = proxy.exchanges.length
  expect(await db.get('/document')).toBe('content')
  expect(proxy.exchanges.slice(before).map(({ method, status }) => ({ method, status }))).toEqual([
    { method: 'GET', status: 304 },
  ])
  await db.close()
})

test('the first write of a store probes, the next one does not', async () => {
  const store = createS3Store(newPlace())
  const before = proxy.exchanges.length
  const version = await store.write('vault', Uint8Array.of(1), null)
  const probing = proxy.exchanges.slice(before).filter(({ path }) => path.includes('.probe'))
  expect(proxy.exchanges.length - before).toBe(probing.length + 1)
  expect(probing.length).toBeLessThanOrEqual(10)
  const between = proxy.exchanges.length
  await store.write('vault', Uint8Array.of(2), version)
  expect(proxy.exchanges.length - between).toBe(1)
})
