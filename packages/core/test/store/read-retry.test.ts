import { beforeEach, describe, expect, test } from 'vitest'
import { VaultError } from '../../src/errors.ts'
import type { BlobStore, ListedBlob } from '../../src/store/contract.ts'
import { decorate } from '../../src/store/decorators/decorate.ts'
import { withReadRetry } from '../../src/store/decorators/read-retry.ts'
import { createMemoryStore } from '../../src/store/memory-store.ts'
import { type DecideFault, type FaultyStore, withFaults } from '../../src/testing/index.ts'
import { VirtualRuntime } from './virtual-runtime.ts'

const unavailable = (retryAfterMs?: number): VaultError =>
  new VaultError('ERR_UNAVAILABLE', 'Injected.', retryAfterMs === undefined ? {} : { retryAfterMs })

let runtime: VirtualRuntime
let memory: BlobStore
beforeEach(async () => {
  runtime = new VirtualRuntime()
  memory = createMemoryStore()
  await memory.write('vault', Uint8Array.of(7), null)
})

function faulty(decide: DecideFault): FaultyStore {
  return withFaults(memory, decide)
}

/** Fails the first `count` requests. */
function failing(count: number, error: Error = unavailable()): FaultyStore {
  return faulty(({ index }) => (index < count ? error : 'pass'))
}

async function keys(listing: AsyncIterable<ListedBlob>): Promise<string[]> {
  const found: string[] = []
  for await (const { key } of listing) found.push(key)
  return found
}

describe('withReadRetry', () => {
  test('reads again until there is an answer', async () => {
    const inner = failing(4)
    const blob = await runtime.run(withReadRetry(inner, { runtime }).read('vault'))
    expect(blob).toMatchObject({ data: Uint8Array.of(7) })
    expect(inner.requests).toHaveLength(5)
  })

  test('gives up after the last attempt, with its error', async () => {
    const inner = faulty(({ index }) => new VaultError('ERR_UNAVAILABLE', `attempt ${index + 1}`))
    const reading = withReadRetry(inner, { runtime, attempts: 3 }).read('vault')
    await expect(runtime.run(reading)).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE', message: 'attempt 3' })
    expect(inner.requests).toHaveLength(3)
    expect(runtime.sleeps).toHaveLength(2)
  })

  test.each(['ERR_UNAUTHORIZED', 'ERR_CLOSED', 'ERR_FORK'] as const)('passes %s on at once', async (code) => {
    const inner = failing(1, new VaultError(code, 'Injected.'))
    await expect(runtime.run(withReadRetry(inner, { runtime }).read('vault'))).rejects.toMatchObject({ code })
    expect(inner.requests).toHaveLength(1)
  })

  test('sends writes and deletions once', async () => {
    const inner = faulty(() => 'lose-answer')
    const store = withReadRetry(inner, { runtime })
    await expect(store.write('shards/0', Uint8Array.of(1), null)).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE' })
    await expect(store.delete('vault', '1')).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE' })
    expect(inner.requests.map(({ request }) => request.kind)).toEqual(['write', 'delete'])
    expect(runtime.sleeps).toEqual([])
  })

  test('passes options on with every attempt', async () => {
    const blob = await memory.read('vault')
    const unlessVersion = blob !== null && blob !== 'unchanged' ? blob.version : ''
    const reading = withReadRetry(failing(2), { runtime }).read('vault', { unlessVersion })
    expect(await runtime.run(reading)).toBe('unchanged')
  })

  test('doubles its waits, from half to all of it by jitter, up to the longest', async () => {
    runtime.jitterValue = 1
    await runtime.run(withReadRetry(failing(5), { runtime, attempts: 6, maxDelayMs: 1500 }).read('vault'))
    expect(runtime.sleeps).toEqual([200, 400, 800, 1500, 1500])
    runtime.sleeps.length = 0
    runtime.jitterValue = 0
    await runtime.run(withReadRetry(failing(5), { runtime, attempts: 6, maxDelayMs: 1500 }).read('vault'))
    expect(runtime.sleeps).toEqual([100, 200, 400, 750, 750])
  })

  test('scales its waits to the latency that it observed', async () => {
    runtime.jitterValue = 1
    const slow = (latencyMs: number): BlobStore => {
      const inner = faulty(({ index }) => (index === 1 ? unavailable() : { answerAfter: latency(latencyMs) }))
      return withReadRetry(inner, { runtime })
    }
    const latency = async (ms: number): Promise<void> => {
      await runtime.sleep(ms)
      runtime.sleeps.pop()
    }
    for (const [latencyMs, waitMs] of [
      [0.2, 2],
      [40, 80],
      [900, 1800],
      [60_000, 4000],
    ] as const) {
      const store = slow(latencyMs)
      await runtime.run(store.read('vault'))
      runtime.sleeps.length = 0
      const reading = store.read('vault')
      await runtime.run(reading)
      expect(runtime.sleeps[0]).toBeCloseTo(waitMs)
    }
  })

  test('waits as long as the store asks, and longer by jitter', async () => {
    runtime.jitterValue = 0
    await runtime.run(withReadRetry(failing(1, unavailable(3000)), { runtime }).read('vault'))
    expect(runtime.sleeps).toEqual([3100])
  })

  test('rejects at once when the store asks for more than the longest wait', async () => {
    const reading = withReadRetry(failing(1, unavailable(10_001)), { runtime }).read('vault')
    await expect(runtime.run(reading)).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE', retryAfterMs: 10_001 })
    expect(runtime.sleeps).toEqual([])
  })

  test('waits exactly the longest wait if the store asks for that', async () => {
    runtime.jitterValue = 1
    await runtime.run(withReadRetry(failing(1, unavailable(10_000)), { runtime }).read('vault'))
    expect(runtime.sleeps).toEqual([10_000])
  })

  test('gives the newest latency an eighth of the weight', async () => {
    runtime.jitterValue = 1
    const latenciesMs = [80, 160]
    const slow = decorate(memory, {
      async read(key) {
        const latencyMs = latenciesMs.shift()
        if (latencyMs === undefined) throw unavailable()
        await runtime.sleep(latencyMs)
        return memory.read(key)
      },
    })
    const store = withReadRetry(slow, { runtime, attempts: 2 })
    await runtime.run(store.read('vault'))
    await runtime.run(store.read('vault'))
    runtime.sleeps.length = 0
    await expect(runtime.run(store.read('vault'))).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE' })
    expect(runtime.sleeps).toEqual([180])
  })

  test('does not send a read again that failed while it was being aborted', async () => {
    const controller = new AbortController()
    let sent = 0
    const failingLate = decorate(memory, {
      async read() {
        sent += 1
        controller.abort()
        throw unavailable()
      },
    })
    const reading = withReadRetry(failingLate, { runtime }).read('vault', { signal: controller.signal })
    await expect(runtime.run(reading)).rejects.toMatchObject({ code: 'ERR_ABORTED' })
    expect(sent).toBe(1)
  })

  test('stops waiting when its signal is aborted', async () => {
    const controller = new AbortController()
    const inner = faulty(() => unavailable())
    const reading = withReadRetry(inner, { runtime }).read('vault', { signal: controller.signal })
    await Promise.resolve().then(() => new Promise((resolve) => setImmediate(resolve)))
    expect(runtime.pending).toBe(1)
    controller.abort(new Error('enough'))
    await expect(reading).rejects.toMatchObject({ code: 'ERR_ABORTED', cause: { message: 'enough' } })
    expect(runtime.pending).toBe(0)
    expect(inner.requests).toHaveLength(1)
  })

  test('lists again from the beginning, and passes nothing on of a listing that failed', async () => {
    await memory.write('shards/0', Uint8Array.of(1), null)
    let listings = 0
    const breaking = decorate(memory, {
      async *list(prefix, options) {
        listings += 1
        for await (const blob of memory.list(prefix, options)) {
          yield blob
          if (listings < 3) throw unavailable()
        }
      },
    })
    expect(await runtime.run(keys(withReadRetry(breaking, { runtime }).list('')))).toEqual(['vault', 'shards/0'])
    expect(listings).toBe(3)
  })

  test('a listing without an end is refused', async () => {
    const endless: BlobStore = {
      ...memory,
      name: 'endless',
      async *list() {
        for (;;) yield { key: 'vault' }
      },
    }
    const first = withReadRetry(endless).list('')[Symbol.asyncIterator]().next()
    await expect(first).rejects.toMatchObject({
      code: 'ERR_UNSUPPORTED',
      message: expect.stringContaining('The endless store lists more than 1000000 files.'),
    })
  })
})
