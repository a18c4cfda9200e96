import { createMemoryStore } from '@vaultdb/core'
import { expect, test } from 'vitest'
import { formatTrace, measureNetwork } from '../src/cost.ts'
import type { NetworkOptions, NetworkStore } from '../src/network.ts'
import { createNetworkStore } from '../src/network.ts'
import type { VirtualClock } from '../src/virtual-clock.ts'
import { createVirtualClock } from '../src/virtual-clock.ts'

const body = (length: number): Uint8Array => new Uint8Array(length).fill(7)

function setUp(options: Partial<NetworkOptions> = {}): {
  clock: VirtualClock
  store: NetworkStore
  other: NetworkStore
} {
  const clock = createVirtualClock()
  const inner = createMemoryStore()
  const connect = (): NetworkStore => createNetworkStore(inner, { clock, ...options })
  return { clock, store: connect(), other: connect() }
}

test('a request takes 80 ms and its bytes at 10 Mbit/s', async () => {
  const { clock, store } = setUp()
  const cost = await measureNetwork(clock, store, async () => {
    await store.write('vault', body(12_500), null)
    await store.read('vault')
  })
  expect(cost).toMatchObject({ requests: 2, reads: 1, writes: 1, rounds: 2, bytesUp: 12_500, bytesDown: 12_500 })
  expect(cost.elapsedMs).toBeCloseTo(2 * (80 + 10), 6)
})

test('what is unchanged, absent or refused costs a round and no bytes down', async () => {
  const { clock, store } = setUp()
  const version = await store.write('vault', body(5000), null)
  const cost = await measureNetwork(clock, store, async () => {
    expect(await store.read('vault', { unlessVersion: version })).toBe('unchanged')
    expect(await store.read('shards/0')).toBe(null)
    await expect(store.write('vault', body(1), null)).rejects.toMatchObject({ code: 'ERR_CONFLICT' })
  })
  expect(cost).toMatchObject({ requests: 3, rounds: 3, conflicts: 1, bytesUp: 1, bytesDown: 0 })
  expect(cost.trace.map((request) => request.outcome)).toEqual(['unchanged', 'absent', 'ERR_CONFLICT'])
})

test('requests at once are one round and share the line', async () => {
  const { clock, store } = setUp()
  const cost = await measureNetwork(clock, store, () =>
    Promise.all(['a', 'b', 'c', 'd'].map((key) => store.write(key, body(12_500), null))),
  )
  expect(cost).toMatchObject({ requests: 4, rounds: 1 })
  expect(cost.elapsedMs).toBeCloseTo(80 + 4 * 10, 6)
})

test('of racing writers the one whose request reaches the store first wins', async () => {
  const { clock, store, other } = setUp({ bitsPerSecond: Number.POSITIVE_INFINITY })
  const race = async (client: NetworkStore, delayMs: number): Promise<string> => {
    await clock.sleep(delayMs)
    return client.write('vault', body(1), null).catch((error: { code: string }) => error.code)
  }
  const [late, early] = await Promise.all([race(store, 2), race(other, 1)])
  expect(late).toBe('ERR_CONFLICT')
  expect(early).not.toBe('ERR_CONFLICT')
})

test('work that goes on after the answer is told apart', async () => {
  const { clock, store } = setUp()
  const cost = await measureNetwork(clock, store, async () => {
    await store.read('vault')
    void clock.sleep(10).then(() => store.read('shards/0'))
  })
  expect(cost).toMatchObject({ requests: 2, rounds: 1, background: 1, elapsedMs: 80 })
})

test('a listing is one request, and a request that was aborted before is none', async () => {
  const { clock, store } = setUp()
  const version = await store.write('shards/0', body(10), null)
  const cost = await measureNetwork(clock, store, async () => {
    for await (const blob of store.list('shards/')) expect(blob.key).toBe('shards/0')
    await expect(store.read('vault', { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ERR_ABORTED' })
    await store.delete('shards/0', version)
  })
  expect(cost.trace.map((request) => request.kind)).toEqual(['list', 'delete'])
})

test('the body that arrives is the one that was handed over', async () => {
  const { store } = setUp()
  const data = body(4)
  const writing = store.write('vault', data, null)
  data.fill(0)
  await writing
  expect(await store.read('vault')).toMatchObject({ data: body(4) })
})

test('two runs of the same work leave the same trace', async () => {
  const run = async (): Promise<string> => {
    const { clock, store, other } = setUp()
    const versions = await Promise.all([store.write('a', body(30_000), null), store.write('b', body(20_000), null)])
    await Promise.all([store.read('a'), other.read('b'), store.write('a', body(9), versions[0]), other.read('a')])
    await clock.settled()
    return formatTrace([...store.requests, ...other.requests])
  }
  expect(await run()).toBe(await run())
})
