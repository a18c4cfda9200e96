import { createS3Store, type S3Store, type S3Traits } from '@vaultdb/s3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Materials, prepareMaterials } from '../../simulation/src/materials.ts'
import { openSpecimen, putSpecimen, REQUEST_ROWS } from '../../simulation/test/request-table.ts'
import { makeBucket, optionsFor } from './server/buckets.ts'
import { type CountingProxy, type Exchange, startProxy } from './server/proxy.ts'

let materials: Materials
let proxy: CountingProxy
let bucket = ''
let traits: S3Traits
let places = 0

beforeAll(async () => {
  materials = await prepareMaterials()
  bucket = await makeBucket()
  const options = optionsFor(bucket)
  proxy = await startProxy(options.endpoint)
  traits = await createS3Store(options).probe()
}, 120_000)
afterAll(() => proxy.close())

/** A copy of a specimen under a prefix of its own; what opens clients of it, which go through the proxy. */
async function copyOf(name: 'small' | 'large'): Promise<() => S3Store> {
  places++
  const options = { ...optionsFor(bucket), prefix: `place-${places}`, traits }
  await putSpecimen(materials[name], createS3Store(options))
  return () => createS3Store({ ...options, endpoint: proxy.endpoint })
}

describe('requests, counted where they arrive', () => {
  test.each(REQUEST_ROWS)('$operation', async (row) => {
    const open = await copyOf(row.specimen)
    const place = { open: async () => open(), requests: () => proxy.exchanges.length }
    const requests = await row.measure(place, materials)
    expect(requests).toBeGreaterThan(0)
    expect(requests).toBeLessThanOrEqual(row.limit(materials[row.specimen].shards))
  })

  test('what did not change since is confirmed without a body', async () => {
    const db = await openSpecimen((await copyOf('large'))())
    await db.get(materials.site.paths[0])
    const before = proxy.exchanges.length
    await db.get(materials.site.paths[0])
    expect(proxy.exchanges.slice(before).map(({ method, status }) => ({ method, status }))).toEqual([
      { method: 'GET', status: 304 },
    ])
  })

  test('the first write of a store probes, the next one does not', async () => {
    places++
    const store = createS3Store({ ...optionsFor(bucket), endpoint: proxy.endpoint, prefix: `place-${places}` })
    const before = proxy.exchanges.length
    const version = await store.write('vault', Uint8Array.of(1), null)
    const probing = proxy.exchanges.slice(before).filter(({ path }) => path.includes('.probe'))
    expect(proxy.exchanges.length - before).toBe(probing.length + 1)
    expect(probing.length).toBeLessThanOrEqual(10)
    const between = proxy.exchanges.length
    await store.write('vault', Uint8Array.of(2), version)
    expect(proxy.exchanges.length - between).toBe(1)
  })
})

test('two writers of different documents of one file: one retry for each real conflict', async () => {
  const UPDATES = 20
  const open = await copyOf('large')
  const clients = [await openSpecimen(open()), await openSpecimen(open())] as const
  const { paths } = materials.site
  await Promise.all(clients.map((db, index) => db.get(paths[index] as string)))
  const before = proxy.exchanges.length
  await Promise.all(
    clients.map(async (db, index) => {
      for (let update = 1; update <= UPDATES; update++) await db.put(paths[index] as string, { update })
    }),
  )
  const sent = proxy.exchanges.slice(before)
  const count = (isMeant: (exchange: Exchange) => boolean): number => sent.filter(isMeant).length
  const conflicts = count(({ status }) => status === 412)
  // Ceph answers some of those who came second with 500, which says nothing of what became of the write: sent again.
  const unanswered = count(({ method, status }) => method === 'PUT' && status === 500)
  expect(count(({ method, status }) => method === 'PUT' && status === 200)).toBe(2 * UPDATES)
  expect(conflicts).toBeLessThanOrEqual(2 * UPDATES)
  expect(count(({ method }) => method === 'GET')).toBeLessThanOrEqual(conflicts)
  expect(sent.length).toBeLessThanOrEqual(2 * UPDATES + 2 * conflicts + unanswered)
  expect(await clients[0].get(paths[1] as string)).toEqual({ update: UPDATES })
  await Promise.all(clients.map((db) => db.close()))
})
