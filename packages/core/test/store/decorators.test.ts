import { describe, expect, test } from 'vitest'
import type { BlobStore } from '../../src/store/contract.ts'
import { withCircuitBreaker } from '../../src/store/decorators/circuit-breaker.ts'
import { withConcurrencyLimit } from '../../src/store/decorators/concurrency-limit.ts'
import { decorate } from '../../src/store/decorators/decorate.ts'
import { withMetrics } from '../../src/store/decorators/metrics.ts'
import { withOnlineCheck } from '../../src/store/decorators/online-check.ts'
import { withReadRetry } from '../../src/store/decorators/read-retry.ts'
import { withResilience } from '../../src/store/decorators/resilience.ts'
import { withTimeout } from '../../src/store/decorators/timeout.ts'
import { createMemoryStore } from '../../src/store/memory-store.ts'
import { blobStoreConformance, missingCapabilities, withFaults } from '../../src/testing/index.ts'

const DECORATORS: [name: string, decorated: (store: BlobStore) => BlobStore][] = [
  ['decorate', (store) => decorate(store, {})],
  ['withReadRetry', (store) => withReadRetry(store)],
  ['withTimeout', (store) => withTimeout(store, { timeoutMs: 60_000 })],
  ['withConcurrencyLimit', (store) => withConcurrencyLimit(store, { maxRequests: 1 })],
  ['withCircuitBreaker', (store) => withCircuitBreaker(store, { maxFailures: 1 })],
  ['withOnlineCheck', (store) => withOnlineCheck(store)],
  ['withResilience', (store) => withResilience(store)],
  ['withMetrics', (store) => withMetrics(store)],
  ['withFaults', (store) => withFaults(store)],
  ['all of them', (store) => withMetrics(withReadRetry(withResilience(withFaults(store))))],
]

describe.each(DECORATORS)('a store under %s', (_, decorated) => {
  const { capabilities } = createMemoryStore()
  for (const conformanceCase of blobStoreConformance) {
    if (missingCapabilities(conformanceCase, capabilities).length > 0) continue
    test(conformanceCase.name, async () => {
      const store = decorated(createMemoryStore())
      await conformanceCase.run(async () => ({ open: async () => store }))
    })
  }

  test('has the name and the capabilities that the store has by now', () => {
    let name = 'new'
    const inner: BlobStore = {
      ...decorate(createMemoryStore(), {}),
      get name() {
        return name
      },
      get capabilities() {
        return { ...capabilities, atomicUpdate: name === 'probed' }
      },
    }
    const store = decorated(inner)
    expect(store).toMatchObject({ name: 'new', capabilities: { atomicUpdate: false } })
    name = 'probed'
    expect(store).toMatchObject({ name: 'probed', capabilities: { atomicUpdate: true } })
  })

  test('has `watch` and `close` exactly if the store has', () => {
    const { read, write, delete: remove, list } = createMemoryStore()
    const bare = decorated({ name: 'bare', capabilities, read, write, delete: remove, list })
    expect('watch' in bare || 'close' in bare).toBe(false)
    const full = decorated(createMemoryStore())
    expect('watch' in full && 'close' in full).toBe(true)
  })
})
