import { VaultDB, withReadRetry } from '@vaultdb/core'
import { createS3Store } from '@vaultdb/s3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createSeededRandom } from '../../simulation/src/seeded-random.ts'
import { CountedLoad } from '../../simulation/test/counted-load.ts'
import { makeBucket, optionsFor } from './server/buckets.ts'
import { type Arrived, type CountingProxy, type Interference, type Reply, startProxy } from './server/proxy.ts'

let proxy: CountingProxy
let bucket = ''

beforeEach(async () => {
  bucket = await makeBucket()
  proxy = await startProxy(optionsFor(bucket).endpoint)
})
afterEach(() => proxy.close())

const page: Reply = {
  status: 200,
  headers: { 'content-type': 'text/html', etag: '"login"' },
  body: Buffer.from('<!doctype html><title>Sign in to this network</title>'),
}
const busy = (status: number): Reply => ({ status, headers: { 'retry-after': '0' }, body: Buffer.from('Busy.') })

type Fault = Pick<Required<Interference>, 'before'> | Pick<Required<Interference>, 'after'>

const withETag =
  (change: (etag: string) => string | undefined) =>
  (_request: Arrived, reply: Reply): Reply => {
    const { etag } = reply.headers
    return typeof etag === 'string' ? { ...reply, headers: { ...reply.headers, etag: change(etag) } } : reply
  }

/** What networks do to requests and answers. */
const FAULTS: Readonly<Record<string, Fault>> = {
  'is broken off before it arrives': { before: () => 'reset' },
  'is done and the answer lost': { after: () => 'reset' },
  'gets 503 in its place': { before: () => busy(503) },
  'gets 429 in its place': { before: () => busy(429) },
  'is done and answered with 500': { after: () => busy(500) },
  'gets a sign-in page in its place': { before: () => page },
  'is done and answered with a sign-in page': { after: () => page },
  'is redirected': { before: () => ({ ...page, status: 302, headers: { location: '/sign-in' } }) },
  'is answered in part': {
    after: (_, reply) => ({ reply, cutAt: Math.floor(reply.body.length / 2) }),
  },
  'has its ETag called weak': { after: withETag((etag) => `W/${etag}`) },
  'has its ETag marked': { after: withETag((etag) => etag.replace(/"$/, '-gzip"')) },
}

const NAMES = Object.keys(FAULTS)
const FAULTS_PERCENT = 15
const key = new Uint8Array(32).fill(7)

describe.each([1, 2])('seed %i', (seed) => {
  test('1,000 operations on a bad network: nothing acknowledged is lost, nothing is done twice', async () => {
    const random = createSeededRandom(seed)
    const store = withReadRetry(createS3Store({ ...optionsFor(bucket), endpoint: proxy.endpoint }), { attempts: 10 })
    const db = await VaultDB.create(store, { key, shardBytes: 4096, retry: { requestAttempts: 20 } })
    const load = new CountedLoad(random)
    const faults = new Map<number, Fault>()
    proxy.interference = {
      before: (arrived) => {
        if (random.below(100) >= FAULTS_PERCENT) return 'pass'
        const fault = FAULTS[random.pick(NAMES)] as Fault
        faults.set(arrived.number, fault)
        return 'before' in fault ? fault.before(arrived) : 'pass'
      },
      after: (arrived, reply) => {
        const fault = faults.get(arrived.number)
        return fault !== undefined && 'after' in fault ? fault.after(arrived, reply) : reply
      },
    }
    const before = proxy.exchanges.length
    for (let operation = 0; operation < 1000; operation++) {
      await load.operate(db)
    }
    const requests = proxy.exchanges.length - before
    proxy.interference = {}
    await db.close()
    const fresh = await VaultDB.open(createS3Store(optionsFor(bucket)), { key })
    await load.expectAllWithin(fresh)
    await fresh.close()

    expect(faults.size).toBeGreaterThan(100)
    // One for an operation on a cached document, one more for the first of each shard and for splits; a fault costs that
    // request again, and a look at what became of a write.
    expect(requests).toBeLessThanOrEqual(1000 + 2 * faults.size + 150)
  })
})
