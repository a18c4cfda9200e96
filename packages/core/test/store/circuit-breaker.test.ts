import { beforeEach, describe, expect, test } from 'vitest'
import { VaultError, type VaultErrorCode } from '../../src/errors.ts'
import type { BlobStore } from '../../src/store/contract.ts'
import { type CircuitBreakerOptions, withCircuitBreaker } from '../../src/store/decorators/circuit-breaker.ts'
import { createMemoryStore } from '../../src/store/memory-store.ts'
import { type DecideFault, type FaultyStore, withFaults } from '../../src/testing/index.ts'
import { watchedController } from '../support/watched-signal.ts'
import { gatedStore, settled } from './gated-store.ts'
import { VirtualRuntime } from './virtual-runtime.ts'

const down = (retryAfterMs?: number): VaultError =>
  new VaultError('ERR_UNAVAILABLE', 'Injected.', retryAfterMs === undefined ? {} : { retryAfterMs })

let runtime: VirtualRuntime
let memory: BlobStore
let isDown: boolean
beforeEach(async () => {
  runtime = new VirtualRuntime()
  memory = createMemoryStore()
  isDown = true
  await memory.write('vault', Uint8Array.of(7), null)
})

function setUp(
  options: CircuitBreakerOptions = {},
  decide: DecideFault = () => (isDown ? down() : 'pass'),
): { inner: FaultyStore; store: BlobStore } {
  const inner = withFaults(memory, decide)
  return { inner, store: withCircuitBreaker(inner, { maxFailures: 3, openMs: 1000, runtime, ...options }) }
}

async function fail(store: BlobStore, times: number): Promise<void> {
  for (let time = 0; time < times; time++) {
    await expect(store.read('vault')).rejects.toMatchObject({ message: 'Injected.' })
  }
}

const pass = (ms: number): Promise<void> => runtime.run(runtime.sleep(ms))
const NOT_SENT = {
  code: 'ERR_UNAVAILABLE',
  message: 'The memory store has failed 3 times in a row, so this was not sent. The last time: Injected.',
  cause: { message: 'Injected.' },
}

describe('withCircuitBreaker', () => {
  test('after some failures in a row nothing is sent for a while, of any kind', async () => {
    const { inner, store } = setUp()
    await fail(store, 3)
    await expect(store.read('vault')).rejects.toMatchObject({ ...NOT_SENT, retryAfterMs: 1000 })
    await pass(400)
    await expect(store.write('vault', Uint8Array.of(1), '1')).rejects.toMatchObject({ ...NOT_SENT, retryAfterMs: 600 })
    await expect(store.delete('vault', '1')).rejects.toMatchObject({ ...NOT_SENT, applied: 'no' })
    await expect(store.list('')[Symbol.asyncIterator]().next()).rejects.toMatchObject(NOT_SENT)
    const signal = AbortSignal.abort()
    await expect(store.read('vault', { signal })).rejects.toMatchObject({ code: 'ERR_ABORTED' })
    expect(inner.requests).toHaveLength(3)
  })

  test('then a single request finds out: its answer lets the others pass', async () => {
    const { inner, store } = setUp()
    await fail(store, 3)
    isDown = false
    await pass(1000)
    expect(await store.read('vault')).toMatchObject({ data: Uint8Array.of(7) })
    isDown = true
    await fail(store, 3) // counted from zero again
    expect(inner.requests).toHaveLength(7)
  })

  test('its failure stops them again, at once and for as long', async () => {
    const { inner, store } = setUp()
    await fail(store, 3)
    await pass(1000)
    await fail(store, 1)
    await expect(store.read('vault')).rejects.toMatchObject({ retryAfterMs: 1000 })
    expect(inner.requests).toHaveLength(4)
  })

  /** A store that is due to be tried again. */
  async function halfOpen(): Promise<{ gated: ReturnType<typeof gatedStore>; store: BlobStore }> {
    const gated = gatedStore(memory)
    const store = withCircuitBreaker(gated, { maxFailures: 1, openMs: 1000, runtime })
    const failing = store.read('vault').catch(() => undefined)
    await settled()
    await gated.answer(down())
    await failing
    await pass(1000)
    return { gated, store }
  }

  test('while that one is under way the others wait, and pass when it is answered', async () => {
    const { gated, store } = await halfOpen()
    const probe = store.read('vault')
    const waiting = [store.write('vault', Uint8Array.of(1), '1'), store.read('vault')]
    await settled()
    expect(gated.sent).toEqual(['read vault', 'read vault'])
    await gated.answer()
    await probe
    await settled()
    expect(gated.sent.slice(2)).toEqual(['write vault', 'read vault'])
    await gated.answer()
    await gated.answer()
    await Promise.all(waiting)
  })

  test('if it fails those that waited fail unsent, with the time to wait', async () => {
    const { gated, store } = await halfOpen()
    const probe = store.read('vault').catch(() => undefined)
    const failures = [
      expect(store.write('vault', Uint8Array.of(1), '1')).rejects.toMatchObject({ retryAfterMs: 1000, applied: 'no' }),
      expect(store.read('vault')).rejects.toMatchObject({ retryAfterMs: 1000, applied: undefined }),
    ]
    await settled()
    await gated.answer(down())
    await Promise.all([probe, ...failures])
    expect(gated.sent).toEqual(['read vault', 'read vault'])
  })

  test('who gives up while waiting for it was never sent', async () => {
    const { gated, store } = await halfOpen()
    const { controller, listeners } = watchedController()
    const probe = store.read('vault')
    const waiting = store.write('vault', Uint8Array.of(1), '1', { signal: controller.signal })
    await settled()
    controller.abort()
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_ABORTED' })
    await gated.answer()
    await probe
    expect(gated.sent).toEqual(['read vault', 'read vault'])
    expect(listeners()).toBe(0)
  })

  test('a probe that is given up decides nothing: one of those that waited is the next', async () => {
    const { gated, store } = await halfOpen()
    const controller = new AbortController()
    const probe = store.write('vault', Uint8Array.of(1), '1', { signal: controller.signal }).catch(() => undefined)
    await settled()
    const [next, after] = [store.read('vault'), store.read('vault')]
    controller.abort()
    await gated.answer(down())
    await probe
    await settled()
    expect(gated.sent.slice(1)).toEqual(['write vault', 'read vault'])
    await gated.answer()
    expect(await next).toMatchObject({ data: Uint8Array.of(7) })
    await settled()
    await gated.answer()
    expect(await after).toMatchObject({ data: Uint8Array.of(7) })
  })

  test.each<VaultErrorCode>(['ERR_CONFLICT', 'ERR_QUOTA', 'ERR_UNAUTHORIZED'])(
    '%s is an answer: the store works',
    async (code) => {
      const { store } = setUp({}, ({ index }) => (index % 3 === 2 ? new VaultError(code, 'Injected.') : down()))
      for (let round = 0; round < 3; round++) {
        await fail(store, 2)
        await expect(store.read('vault')).rejects.toMatchObject({ code })
      }
    },
  )

  test.each([new VaultError('ERR_CLOSED', 'Closed.'), new TypeError('No key.')])(
    '%s neither counts nor ends the count',
    async (error) => {
      const { store } = setUp({}, ({ index }) => (index === 2 ? error : down()))
      await fail(store, 2)
      await expect(store.read('vault')).rejects.toBe(error)
      await fail(store, 1)
      await expect(store.read('vault')).rejects.toMatchObject(NOT_SENT)
    },
  )

  test('requests that their callers gave up do not count', async () => {
    const { inner, store } = setUp({}, () => ({ delayUntil: new Promise(() => undefined) }))
    for (let index = 0; index < 5; index++) {
      const controller = new AbortController()
      const writing = store.write('vault', Uint8Array.of(1), '1', { signal: controller.signal })
      controller.abort()
      await expect(writing).rejects.toMatchObject({ message: 'Injected: given up on its way.' })
    }
    expect(inner.requests).toHaveLength(5)
    await expect(store.read('vault', { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ERR_ABORTED' })
  })

  test('late failures of what was sent before do not prolong the pause, a late answer ends it', async () => {
    const gated = gatedStore(memory)
    const store = withCircuitBreaker(gated, { maxFailures: 1, openMs: 1000, runtime })
    const reading = Promise.allSettled([store.read('vault'), store.read('vault'), store.read('vault')])
    await settled()
    await gated.answer(down())
    await pass(999)
    await gated.answer(down())
    await expect(store.read('vault')).rejects.toMatchObject({ retryAfterMs: 1 })
    await gated.answer()
    const after = store.read('vault')
    await settled()
    await gated.answer()
    expect(await after).toMatchObject({ data: Uint8Array.of(7) })
    await reading
  })

  test.each([
    [400, 1000],
    [60_000, 60_000],
    [Number.NaN, 1000],
    [Number.POSITIVE_INFINITY, 3_600_000],
  ])('the pause is as long as the store asks, if that is longer, up to an hour: %d ms', async (askedMs, waitMs) => {
    const { store } = setUp({}, () => down(askedMs))
    await fail(store, 3)
    await expect(store.read('vault')).rejects.toMatchObject({ retryAfterMs: waitMs })
  })

  test('what was under way together and failed is one failure', async () => {
    const gated = gatedStore(memory)
    const store = withCircuitBreaker(gated, { maxFailures: 2, openMs: 1000, runtime })
    for (let round = 0; round < 2; round++) {
      const reading = Promise.allSettled(Array.from({ length: 5 }, () => store.read('vault')))
      await settled()
      while (gated.waiting.length > 0) await gated.answer(down())
      await reading
    }
    expect(gated.sent).toHaveLength(10)
    await expect(store.read('vault')).rejects.toMatchObject({ retryAfterMs: 1000 })
  })

  test('needs no timer', async () => {
    const { store } = setUp()
    await fail(store, 3)
    await store.read('vault').catch(() => undefined)
    expect(runtime.pending).toBe(0)
    expect(runtime.sleeps).toEqual([])
  })
})
