import { beforeEach, describe, expect, test } from 'vitest'
import { type BlobStore, createMemoryStore, createRuntime, type Runtime, VaultDB, VaultError } from '../../src/index.ts'
import { withResilience } from '../../src/store/decorators/resilience.ts'
import { faultOnce, withFaults } from '../../src/testing/index.ts'
import { gatedStore, settled } from './gated-store.ts'
import { SwitchedConnectivity } from './switched-connectivity.ts'
import { VirtualRuntime } from './virtual-runtime.ts'

const key = new Uint8Array(32).fill(7)
const never = new Promise<never>(() => undefined)
const down = (): VaultError => new VaultError('ERR_UNAVAILABLE', 'Injected.')

let virtual: VirtualRuntime
let runtime: Runtime
let memory: BlobStore
let connectivity: SwitchedConnectivity
beforeEach(() => {
  virtual = new VirtualRuntime()
  runtime = {
    ...createRuntime(),
    now: () => virtual.now(),
    monotonicMs: () => virtual.monotonicMs(),
    jitter: () => virtual.jitter(),
    sleep: (ms, signal) => virtual.sleep(ms, signal),
  }
  memory = createMemoryStore()
  connectivity = new SwitchedConnectivity()
})

function nothingLeft(): void {
  expect({ timers: virtual.pending, listeners: connectivity.listeners }).toEqual({ timers: 0, listeners: 0 })
}

describe('withResilience', () => {
  test('time spent waiting for a turn is not part of the time limit', async () => {
    const gated = gatedStore(memory)
    const store = withResilience(gated, { maxRequests: 1, timeoutMs: 1000, runtime, connectivity })
    const first = store.read('vault')
    const second = store.read('shards/0')
    await virtual.run(virtual.sleep(900))
    await gated.answer()
    await first
    await virtual.run(virtual.sleep(900))
    await gated.answer()
    expect(await second).toBeNull()
    nothingLeft()
  })

  test('requests that time out open the circuit, and what waits for a turn by then is not sent', async () => {
    const inner = withFaults(memory, () => ({ delayUntil: never }))
    const store = withResilience(inner, { maxRequests: 2, maxFailures: 2, timeoutMs: 1000, runtime, connectivity })
    const reads = Promise.allSettled(Array.from({ length: 20 }, () => store.read('vault')))
    await virtual.run(reads)
    expect(inner.requests).toHaveLength(4)
    expect(virtual.monotonicMs()).toBe(2000)
    nothingLeft()
  })

  test('what waits for the network holds up nobody and does not count as a failure', async () => {
    const inner = withFaults(memory)
    const store = withResilience(inner, { maxFailures: 1, maxRequests: 1, offlineWaitMs: 5000, runtime, connectivity })
    connectivity.plug(false)
    const reads = Promise.allSettled([store.read('vault'), store.read('vault')])
    await virtual.run(reads)
    connectivity.plug(true)
    expect(await store.read('vault')).toBeNull()
    expect(inner.requests).toHaveLength(1)
    nothingLeft()
  })

  test('a database waits for a store that was down for a while, and sends little meanwhile', async () => {
    let downUntilMs = 0
    const inner = withFaults(memory, () => (virtual.monotonicMs() < downUntilMs ? down() : 'pass'))
    const db = await VaultDB.create(withResilience(inner, { runtime, connectivity }), { key, runtime })
    await db.put('/a', 1)
    const before = inner.requests.length
    downUntilMs = virtual.monotonicMs() + 4000
    const reads = Array.from({ length: 8 }, (_, index) => db.get(`/${index}`))
    await virtual.run(Promise.all([...reads, db.put('/b', 2)]))
    expect(inner.requests.length - before).toBeLessThanOrEqual(8)
    expect(await virtual.run(db.get('/b'))).toBe(2)
    await virtual.run(db.close())
    nothingLeft()
  })

  test('a write whose answer was lost stays unknown when nothing is sent any more', async () => {
    const isShard = ({ kind, key: file }: { kind: string; key: string }): boolean =>
      kind === 'write' && file !== 'vault'
    let strike = false
    const lose = faultOnce(isShard, 'lose-answer')
    const inner = withFaults(memory, (request) => (strike ? lose(request) : 'pass'))
    const store = withResilience(inner, { maxFailures: 1, openMs: 60_000, runtime, connectivity })
    const db = await VaultDB.create(store, { key, runtime })
    await db.put('/a', 1)
    strike = true
    await expect(virtual.run(db.put('/a', 2))).rejects.toMatchObject({
      code: 'ERR_OUTCOME_UNKNOWN',
      applied: 'unknown',
    })
    const fresh = await VaultDB.open(memory, { key, runtime })
    expect(await fresh.get('/a')).toBe(2)
  })

  test('a write that was never sent says so: offline, and to a store that is left alone', async () => {
    let isDown = false
    const inner = withFaults(memory, () => (isDown ? down() : 'pass'))
    const store = withResilience(inner, { maxFailures: 1, openMs: 60_000, runtime, connectivity })
    const db = await VaultDB.create(store, { key, runtime })
    await db.put('/a', 1)
    const sent = inner.requests.length
    const unsent = { code: 'ERR_UNAVAILABLE', applied: 'no' }
    connectivity.plug(false)
    await expect(virtual.run(db.put('/a', 2))).rejects.toMatchObject(unsent)
    connectivity.plug(true)
    expect(inner.requests).toHaveLength(sent)
    isDown = true
    await expect(store.read('vault')).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE' })
    await expect(virtual.run(db.put('/a', 3))).rejects.toMatchObject(unsent)
    expect(inner.requests).toHaveLength(sent + 1)
    isDown = false
    expect(await VaultDB.open(memory, { key, runtime }).then((fresh) => fresh.get('/a'))).toBe(1)
  })

  test('a write that is sent again after the pause is found to be applied', async () => {
    let strike = false
    const lose = faultOnce(({ kind }) => kind === 'write', 'lose-answer')
    const inner = withFaults(memory, (request) => (strike ? lose(request) : 'pass'))
    const store = withResilience(inner, { maxFailures: 1, runtime, connectivity })
    const db = await VaultDB.create(store, { key, runtime })
    await db.put('/n', 1)
    strike = true
    expect(await virtual.run(db.update<number>('/n', (n) => (n ?? 0) + 1))).toBe(2)
    expect(await virtual.run(db.get('/n'))).toBe(2)
    expect(virtual.monotonicMs()).toBeGreaterThanOrEqual(5000)
  })

  test('everything that waits ends with its signal, wherever it waits', async () => {
    const gated = gatedStore(memory)
    const store = withResilience(gated, { maxRequests: 1, offlineWaitMs: 5000, runtime, connectivity })
    const controller = new AbortController()
    const { signal } = controller
    const queued = Promise.allSettled([store.read('vault', { signal }), store.write('a', key, null, { signal })])
    await settled()
    connectivity.plug(false)
    const offline = Promise.allSettled([store.read('vault', { signal }), store.delete('vault', '1', { signal })])
    await settled()
    controller.abort()
    await gated.answer(down())
    for (const outcome of [...(await queued), ...(await offline)]) {
      expect(outcome).toMatchObject({ status: 'rejected' })
    }
    expect(gated.sent).toEqual(['read vault'])
    nothingLeft()
  })
})
