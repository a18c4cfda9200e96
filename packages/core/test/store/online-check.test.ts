import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { platformConnectivity } from '../../src/runtime.ts'
import type { BlobStore } from '../../src/store/contract.ts'
import { withOnlineCheck } from '../../src/store/decorators/online-check.ts'
import { createMemoryStore } from '../../src/store/memory-store.ts'
import { type FaultyStore, withFaults } from '../../src/testing/index.ts'
import { watchedController } from '../support/watched-signal.ts'
import { settled } from './gated-store.ts'
import { SwitchedConnectivity } from './switched-connectivity.ts'
import { VirtualRuntime } from './virtual-runtime.ts'

let runtime: VirtualRuntime
let connectivity: SwitchedConnectivity
let inner: FaultyStore
beforeEach(async () => {
  runtime = new VirtualRuntime()
  connectivity = new SwitchedConnectivity()
  const memory = createMemoryStore()
  await memory.write('vault', Uint8Array.of(7), null)
  inner = withFaults(memory)
})

function nothingLeft(): void {
  expect({ timers: runtime.pending, listeners: connectivity.listeners }).toEqual({ timers: 0, listeners: 0 })
}

async function keys(store: BlobStore, signal?: AbortSignal): Promise<string[]> {
  const found: string[] = []
  for await (const { key } of store.list('', signal && { signal })) found.push(key)
  return found
}

const REQUESTS: [string, (store: BlobStore, signal?: AbortSignal) => Promise<unknown>][] = [
  ['read', (store, signal) => store.read('vault', signal && { signal })],
  ['write', (store, signal) => store.write('vault', Uint8Array.of(1), '1', signal && { signal })],
  ['delete', (store, signal) => store.delete('vault', '1', signal && { signal })],
  ['list', (store, signal) => keys(store, signal)],
]
const OFFLINE = { code: 'ERR_UNAVAILABLE', message: expect.stringContaining('offline') }

describe('withOnlineCheck', () => {
  test.each(REQUESTS)('offline a %s fails at once and is not sent', async (kind, send) => {
    connectivity.plug(false)
    const store = withOnlineCheck(inner, { connectivity, runtime })
    const applied = kind === 'write' || kind === 'delete' ? 'no' : undefined
    await expect(send(store)).rejects.toMatchObject({ ...OFFLINE, applied })
    await expect(send(store, AbortSignal.abort())).rejects.toMatchObject({ code: 'ERR_ABORTED' })
    expect(inner.requests).toEqual([])
    expect(runtime.sleeps).toEqual([])
    nothingLeft()
  })

  test.each(REQUESTS)('with a bound a %s waits for the network and goes on when it is back', async (_, send) => {
    const { controller, listeners } = watchedController()
    connectivity.plug(false)
    const sending = send(withOnlineCheck(inner, { connectivity, runtime, offlineWaitMs: 5000 }), controller.signal)
    await settled()
    expect(inner.requests).toEqual([])
    connectivity.plug(true)
    await sending
    expect(inner.requests).toHaveLength(1)
    expect(listeners()).toBe(0)
    nothingLeft()
  })

  test.each(REQUESTS)('a %s that waited in vain was not sent', async (_, send) => {
    connectivity.plug(false)
    const sending = send(withOnlineCheck(inner, { connectivity, runtime, offlineWaitMs: 5000 }))
    await expect(runtime.run(sending)).rejects.toMatchObject(OFFLINE)
    expect(runtime.monotonicMs()).toBe(5000)
    expect(inner.requests).toEqual([])
    nothingLeft()
  })

  test.each(REQUESTS)('a %s that is aborted while it waits was not sent', async (_, send) => {
    const { controller, listeners } = watchedController()
    connectivity.plug(false)
    const sending = send(withOnlineCheck(inner, { connectivity, runtime, offlineWaitMs: 5000 }), controller.signal)
    await settled()
    expect(listeners()).toBe(1)
    controller.abort()
    await expect(sending).rejects.toMatchObject({ code: 'ERR_ABORTED' })
    expect(inner.requests).toEqual([])
    expect(listeners()).toBe(0)
    nothingLeft()
  })

  test('sees a network that came back without a word, when its time is up', async () => {
    connectivity.plug(false)
    const reading = withOnlineCheck(inner, { connectivity, runtime, offlineWaitMs: 5000 }).read('vault')
    await settled()
    connectivity.plug(true, { told: false })
    expect(await runtime.run(reading)).toMatchObject({ data: Uint8Array.of(7) })
  })

  test('fails where the network that came back is gone again', async () => {
    connectivity.plug(false)
    const reading = withOnlineCheck(inner, { connectivity, runtime, offlineWaitMs: 5000 }).read('vault')
    await settled()
    connectivity.plug(false, { told: true })
    await expect(reading).rejects.toMatchObject(OFFLINE)
    nothingLeft()
  })

  test('online nothing waits, and nothing is listened to', async () => {
    const { controller, listeners } = watchedController()
    const store = withOnlineCheck(inner, { connectivity, runtime, offlineWaitMs: 5000 })
    await store.read('vault', { signal: controller.signal })
    expect(runtime.sleeps).toEqual([])
    expect(listeners()).toBe(0)
    nothingLeft()
  })
})

describe("the platform's word on its network", () => {
  afterEach(() => vi.unstubAllGlobals())

  test('is believed when it is no', () => {
    for (const [navigator, expected] of [
      [undefined, true],
      [{}, true],
      [{ onLine: true }, true],
      [{ onLine: false }, false],
    ] as const) {
      vi.stubGlobal('navigator', navigator)
      expect(platformConnectivity().isOnline()).toBe(expected)
    }
  })

  test('comes as an event', () => {
    const global = new EventTarget()
    vi.stubGlobal('addEventListener', global.addEventListener.bind(global))
    vi.stubGlobal('removeEventListener', global.removeEventListener.bind(global))
    let calls = 0
    const unsubscribe = platformConnectivity().onOnline(() => calls++)
    global.dispatchEvent(new Event('online'))
    unsubscribe()
    global.dispatchEvent(new Event('online'))
    expect(calls).toBe(1)
  })

  test('is waited for in vain where there are no such events', () => {
    vi.stubGlobal('addEventListener', undefined)
    vi.stubGlobal('removeEventListener', undefined)
    expect(() => platformConnectivity().onOnline(() => undefined)()).not.toThrow()
  })
})
