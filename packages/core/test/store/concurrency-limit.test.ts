import { beforeEach, describe, expect, test } from 'vitest'
import type { BlobStore } from '../../src/store/contract.ts'
import { withConcurrencyLimit } from '../../src/store/decorators/concurrency-limit.ts'
import { decorate } from '../../src/store/decorators/decorate.ts'
import { createMemoryStore } from '../../src/store/memory-store.ts'
import { watchedController } from '../support/watched-signal.ts'
import { type GatedStore, gatedStore, settled } from './gated-store.ts'

let memory: BlobStore
let gated: GatedStore
beforeEach(async () => {
  memory = createMemoryStore()
  await memory.write('vault', Uint8Array.of(7), null)
  await memory.write('shards/0', Uint8Array.of(8), null)
  gated = gatedStore(memory)
})

async function keys(store: BlobStore, signal?: AbortSignal): Promise<string[]> {
  const found: string[] = []
  for await (const { key } of store.list('', signal && { signal })) found.push(key)
  return found
}

describe('withConcurrencyLimit', () => {
  test('sends what waits in the order in which it came, whatever kind it is', async () => {
    const store = withConcurrencyLimit(gated, { maxRequests: 2 })
    const all = Promise.all([
      store.read('vault'),
      store.read('shards/0'),
      store.write('shards/1', Uint8Array.of(1), null),
      keys(store),
      store.delete('shards/0', '2'),
      store.read('vault'),
    ])
    await settled()
    expect(gated.waiting).toEqual(['read vault', 'read shards/0'])
    await gated.answer('pass', 1)
    expect(gated.waiting).toEqual(['read vault', 'write shards/1'])
    await gated.answer('pass', 1)
    expect(gated.waiting).toEqual(['read vault', 'list '])
    await gated.answer()
    expect(gated.waiting).toEqual(['list ', 'delete shards/0'])
    while (gated.waiting.length > 0) await gated.answer()
    await all
    expect(gated.sent).toHaveLength(6)
  })

  test('lets nobody ahead who comes while a slot changes hands', async () => {
    const store = withConcurrencyLimit(gated, { maxRequests: 1 })
    const first = store.read('vault')
    const second = store.write('shards/1', Uint8Array.of(1), null)
    await settled()
    const third = first.then(() => store.read('shards/0')) // asks as soon as the first is answered
    await gated.answer()
    expect(gated.waiting).toEqual(['write shards/1'])
    await gated.answer()
    await gated.answer()
    await Promise.all([second, third])
  })

  test('gives a slot back after an error', async () => {
    const store = withConcurrencyLimit(gated, { maxRequests: 1 })
    const failing = expect(store.read('vault')).rejects.toThrow('a defect')
    const next = store.read('vault')
    await settled()
    await gated.answer(new Error('a defect'))
    await failing
    await gated.answer()
    expect(await next).toMatchObject({ data: Uint8Array.of(7) })
  })

  test.each([
    ['read', (store: BlobStore, signal: AbortSignal) => store.read('vault', { signal })],
    ['write', (store: BlobStore, signal: AbortSignal) => store.write('vault', Uint8Array.of(1), '1', { signal })],
    ['delete', (store: BlobStore, signal: AbortSignal) => store.delete('vault', '1', { signal })],
    ['list', (store: BlobStore, signal: AbortSignal) => keys(store, signal)],
  ])('a %s that is aborted while it waits was not sent, and leaves the queue', async (_, send) => {
    const { controller, listeners } = watchedController()
    const store = withConcurrencyLimit(gated, { maxRequests: 1 })
    const first = store.read('vault')
    const waiting = send(store, controller.signal)
    const last = store.read('shards/0')
    await settled()
    expect(listeners()).toBe(1)
    controller.abort(new Error('enough'))
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_ABORTED', cause: { message: 'enough' } })
    expect(listeners()).toBe(0)
    await gated.answer()
    expect(gated.waiting).toEqual(['read shards/0'])
    await gated.answer()
    await Promise.all([first, last])
    expect(gated.sent).toEqual(['read vault', 'read shards/0'])
  })

  test('lets go of the signal when the turn comes, and sends nothing for one that is aborted by then', async () => {
    const { controller, listeners } = watchedController()
    const store = withConcurrencyLimit(gated, { maxRequests: 1 })
    const first = store.read('vault')
    const second = store.read('shards/0', { signal: controller.signal })
    await settled()
    await gated.answer()
    expect(listeners()).toBe(0)
    await gated.answer()
    await Promise.all([first, second])
    await expect(store.read('vault', { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ERR_ABORTED' })
    expect(gated.sent).toHaveLength(2)
  })

  test('one signal for many waiting requests gets one listener', async () => {
    const { controller, listeners } = watchedController()
    const store = withConcurrencyLimit(gated, { maxRequests: 1 })
    const { signal } = controller
    const all = Promise.allSettled(Array.from({ length: 50 }, () => store.read('vault', { signal })))
    await settled()
    expect(listeners()).toBe(1)
    controller.abort()
    await gated.answer()
    const outcomes = await all
    expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true)
    expect(gated.sent).toHaveLength(1)
  })

  test('a listing holds no slot while its reader is busy', async () => {
    const store = withConcurrencyLimit(memory, { maxRequests: 1 })
    const found: unknown[] = []
    for await (const { key } of store.list('')) found.push(await store.read(key))
    expect(found).toMatchObject([{ data: Uint8Array.of(7) }, { data: Uint8Array.of(8) }])
  })

  test('ends the listing below when its own is left', async () => {
    let ended = false
    const inner = decorate(memory, {
      async *list(prefix, options) {
        try {
          yield* memory.list(prefix, options)
        } finally {
          ended = true
        }
      },
    })
    for await (const { key } of withConcurrencyLimit(inner).list('')) {
      expect(key).toBe('vault')
      break
    }
    expect(ended).toBe(true)
  })

  test('a watch takes no slot', async () => {
    const store = withConcurrencyLimit(memory, { maxRequests: 1 })
    const seen: string[] = []
    const unsubscribe = store.watch?.((key) => seen.push(key))
    await store.write('vault', Uint8Array.of(1), '1')
    unsubscribe?.()
    expect(seen).toEqual(['vault'])
  })
})
