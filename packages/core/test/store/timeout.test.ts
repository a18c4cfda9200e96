import { beforeEach, describe, expect, test } from 'vitest'
import { abortedError } from '../../src/errors.ts'
import type { BlobStore, ListedBlob, RequestOptions } from '../../src/store/contract.ts'
import { decorate } from '../../src/store/decorators/decorate.ts'
import { withTimeout } from '../../src/store/decorators/timeout.ts'
import { createMemoryStore } from '../../src/store/memory-store.ts'
import { withFaults } from '../../src/testing/index.ts'
import { VirtualRuntime } from './virtual-runtime.ts'

const never = new Promise<never>(() => undefined)

let runtime: VirtualRuntime
let memory: BlobStore
beforeEach(async () => {
  runtime = new VirtualRuntime()
  memory = createMemoryStore()
  await memory.write('vault', Uint8Array.of(7), null)
})

async function keys(listing: AsyncIterable<ListedBlob>): Promise<string[]> {
  const found: string[] = []
  for await (const { key } of listing) found.push(key)
  return found
}

/** A store that never answers, and notes the signals that it was given. */
function silent(): { store: BlobStore; signals: AbortSignal[] } {
  const signals: AbortSignal[] = []
  const hang = (options: RequestOptions | undefined): Promise<never> => {
    if (options?.signal !== undefined) signals.push(options.signal)
    return never
  }
  const store = decorate(memory, {
    read: (_, options) => hang(options),
    write: (_key, _data, _expected, options) => hang(options),
    delete: (_key, _expected, options) => hang(options),
    async *list(_, options) {
      yield await hang(options)
    },
  })
  return { store, signals }
}

describe('withTimeout', () => {
  const requests: [string, (store: BlobStore, signal?: AbortSignal) => Promise<unknown>][] = [
    ['read', (store, signal) => store.read('vault', signal && { signal })],
    ['write', (store, signal) => store.write('vault', Uint8Array.of(1), null, signal && { signal })],
    ['delete', (store, signal) => store.delete('vault', '1', signal && { signal })],
    ['list', (store, signal) => keys(store.list('', signal && { signal }))],
  ]

  test.each(requests)('gives up a %s that is not answered in time, and aborts it', async (_, send) => {
    const { store, signals } = silent()
    const sending = send(withTimeout(store, { runtime, timeoutMs: 3000 }))
    await expect(runtime.run(sending)).rejects.toMatchObject({
      code: 'ERR_UNAVAILABLE',
      message: 'The memory store did not answer within 3000 ms.',
    })
    expect(runtime.monotonicMs()).toBe(3000)
    expect(signals.map(({ aborted }) => aborted)).toEqual([true])
    expect(runtime.pending).toBe(0)
  })

  test.each(requests)('does not send a %s whose signal is aborted', async (_, send) => {
    const { store, signals } = silent()
    const sending = send(withTimeout(store, { runtime, timeoutMs: 3000 }), AbortSignal.abort())
    await expect(sending).rejects.toMatchObject({ code: 'ERR_ABORTED' })
    expect(signals).toEqual([])
    expect(runtime.pending).toBe(0)
  })

  test('answers in time are passed on, and leave no timer', async () => {
    const store = withTimeout(memory, { runtime, timeoutMs: 3000 })
    const version = await store.write('shards/0', Uint8Array.of(1), null)
    expect(await store.read('shards/0', { unlessVersion: version })).toBe('unchanged')
    expect(await keys(store.list('shards/'))).toEqual(['shards/0'])
    await store.delete('shards/0', version)
    expect(await store.read('shards/0')).toBeNull()
    expect(runtime.pending).toBe(0)
    expect(runtime.monotonicMs()).toBe(0)
  })

  test('errors in time are passed on, and leave no timer', async () => {
    const store = withTimeout(memory, { runtime, timeoutMs: 3000 })
    await expect(store.write('vault', Uint8Array.of(1), null)).rejects.toMatchObject({ code: 'ERR_CONFLICT' })
    expect(runtime.pending).toBe(0)
  })

  test('says that the time was up, whatever the aborted request says', async () => {
    const obedient = decorate(memory, {
      read: (_, options) =>
        new Promise((_resolve, reject) => {
          const signal = options?.signal
          signal?.addEventListener('abort', () => reject(abortedError(signal)))
        }),
    })
    const reading = withTimeout(obedient, { runtime, timeoutMs: 10 }).read('vault')
    await expect(runtime.run(reading)).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE' })
  })

  test("passes the caller's signal on, until the answer", async () => {
    const controller = new AbortController()
    const faulty = withFaults(memory, ({ index }) => (index === 0 ? 'pass' : { delayUntil: never }))
    const store = withTimeout(faulty, { runtime, timeoutMs: 3000 })
    await store.read('vault', { signal: controller.signal })
    const reading = store.read('vault', { signal: controller.signal })
    const writing = store.write('vault', Uint8Array.of(1), '1', { signal: controller.signal })
    controller.abort()
    await expect(reading).rejects.toMatchObject({ code: 'ERR_ABORTED' })
    await expect(writing).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE' })
    expect(runtime.pending).toBe(0)
  })

  test("lets go of the caller's signal with the answer", async () => {
    const controller = new AbortController()
    const signals: (AbortSignal | undefined)[] = []
    const noting = decorate(memory, {
      read(key, options) {
        signals.push(options?.signal)
        return memory.read(key, options)
      },
    })
    await withTimeout(noting, { runtime, timeoutMs: 3000 }).read('vault', { signal: controller.signal })
    controller.abort()
    expect(signals.map((signal) => signal?.aborted)).toEqual([false])
  })

  test('limits each step of a listing, and not what the caller does between two', async () => {
    await memory.write('shards/0', Uint8Array.of(1), null)
    const found: string[] = []
    const reading = (async () => {
      for await (const { key } of withTimeout(memory, { runtime, timeoutMs: 3000 }).list('')) {
        await runtime.sleep(5000)
        found.push(key)
      }
    })()
    await runtime.run(reading)
    expect(found).toEqual(['vault', 'shards/0'])
    expect(runtime.pending).toBe(0)
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
    for await (const { key } of withTimeout(inner, { runtime, timeoutMs: 3000 }).list('')) {
      expect(key).toBe('vault')
      break
    }
    expect(ended).toBe(true)
    expect(runtime.pending).toBe(0)
  })

  test('keeps an error of the store that is no VaultError', async () => {
    const broken = withFaults(memory, () => new Error('a defect'))
    await expect(withTimeout(broken, { runtime, timeoutMs: 10 }).read('vault')).rejects.toThrow('a defect')
  })
})
