import { type BlobStore, withMetrics } from '@vaultdb/core'
import { withFaults } from '@vaultdb/core/testing'
import { describe, expect, test } from 'vitest'
import { createTestRuntime } from '../support/runtime.ts'
import { openVault } from '../support/vault.ts'
import { increment, storeWith } from './scenarios.ts'

const documents = { '/a': 1, '/counter': { n: 1 } }

describe('a read', () => {
  test('is never answered from a request that was sent before it began', async () => {
    const store = await storeWith(documents)
    const rival = await openVault(store)
    let release: () => void = () => undefined
    let held = 0
    const slow = withFaults(store, ({ kind }) => {
      if (kind !== 'read' || ++held !== 3) return 'pass' // the first two are those of `open`
      return {
        answerAfter: new Promise<void>((resolve) => {
          release = resolve
        }),
      }
    })
    const db = await openVault(slow)
    const early = db.get('/a')
    await new Promise(setImmediate) // sent, and answered with the old state, but not arrived
    await rival.put('/a', 2)
    expect(await db.get('/a')).toBe(2)
    release()
    expect([1, 2]).toContain(await early)
    expect(await db.get('/a', { maxAgeMs: Number.MAX_VALUE })).toBe(2) // the older answer has not replaced the newer
  })

  test('shares the request of those that begin in the same tick, and only theirs', async () => {
    const store = withMetrics(await storeWith(documents))
    const db = await openVault(store)
    const before = store.metrics().requests
    expect(await Promise.all([db.get('/a'), db.get('/counter'), db.list('/'), db.get('/a')])).toEqual([
      1,
      { n: 1 },
      ['a', 'counter'],
      1,
    ])
    expect(store.metrics().requests - before).toBe(1)
    await db.get('/a')
    expect(store.metrics().requests - before).toBe(2)
  })

  test('sees what this client had acknowledged, and what others had', async () => {
    const store = await storeWith(documents)
    const [db, rival] = [await openVault(store), await openVault(store)]
    for (let round = 0; round < 5; round++) {
      await rival.update('/counter', increment)
      expect(await db.get('/counter')).toEqual({ n: 2 * round + 2 })
      await db.update('/counter', increment)
      expect(await rival.get('/counter')).toEqual({ n: 2 * round + 3 })
    }
  })
})

describe('an operation that ends without writing has read after it began', () => {
  const stale = async (): Promise<{
    readonly store: BlobStore
    readonly db: Awaited<ReturnType<typeof openVault>>
  }> => {
    const store = await storeWith(documents)
    const [db, rival] = [await openVault(store), await openVault(store)]
    await db.get('/a')
    await rival.write([{ put: '/new', value: 1 }, { remove: '/a' }, { put: '/counter', value: { n: 5 } }])
    return { store, db }
  }

  test('remove of what was absent', async () => {
    const { db } = await stale()
    expect(await db.remove('/new')).toBe(true)
  })

  test('remove of what was present', async () => {
    const { db } = await stale()
    expect(await db.remove('/a')).toBe(false)
  })

  test('update that changes nothing', async () => {
    const { db } = await stale()
    expect(await db.update('/counter', (counter) => counter)).toEqual({ n: 5 })
  })

  test('update whose function throws', async () => {
    const { db } = await stale()
    const seen: unknown[] = []
    const throwing = db.update('/counter', (counter) => {
      seen.push(counter)
      throw new Error('as planned')
    })
    await expect(throwing).rejects.toThrow('as planned')
    expect(seen.at(-1)).toEqual({ n: 5 })
  })

  test('put of what is there already', async () => {
    const { store, db } = await stale()
    await db.put('/counter', { n: 1 }) // which is what this client believes is there
    expect(await (await openVault(store)).get('/counter')).toEqual({ n: 1 })
  })

  test('prune of what was empty', async () => {
    const { db } = await stale()
    expect(await db.prune('/')).toBe(2)
  })

  test('bulk of nothing new', async () => {
    const { db } = await stale()
    expect(await db.write([{ put: '/counter', value: { n: 5 } }, { remove: '/a' }])).toEqual(['unchanged', 'absent'])
  })
})

describe('maxAgeMs', () => {
  test('lets what was confirmed no longer ago answer, and nothing older', async () => {
    const store = withMetrics(await storeWith(documents))
    const runtime = createTestRuntime()
    const db = await openVault(store, { runtime })
    const rival = await openVault(store)
    await db.get('/a')
    await rival.put('/a', 2)
    runtime.advance(1000)
    const before = store.metrics().requests
    expect(await db.get('/a', { maxAgeMs: 1000 })).toBe(1)
    expect(await db.list('/', { maxAgeMs: 1000 })).toEqual(['a', 'counter'])
    expect(await db.find('/', { maxAgeMs: 1000 }).toArray()).toEqual(['/a', '/counter'])
    expect(store.metrics().requests).toBe(before)
    runtime.advance(1)
    expect(await db.get('/a', { maxAgeMs: 1000 })).toBe(2)
    expect(store.metrics().requests).toBe(before + 1)
  })

  test('counts from when the request was sent, not from its answer', async () => {
    const store = await storeWith(documents)
    const runtime = createTestRuntime()
    const slow = {
      ...withFaults(store),
      async read(...request: Parameters<BlobStore['read']>) {
        const answer = await store.read(...request)
        runtime.advance(500)
        return answer
      },
    }
    const db = await openVault(slow, { runtime })
    const metered = await openVault(store)
    await db.get('/a')
    await metered.put('/a', 2)
    expect(await db.get('/a', { maxAgeMs: 499 })).toBe(2)
  })

  test('is an option of open as well, and includes what open itself read', async () => {
    const store = withMetrics(await storeWith(documents))
    const db = await openVault(store, { maxAgeMs: 60_000 })
    expect(await db.get('/a')).toBe(1)
    expect(store.metrics().requests).toBe(2)
    expect(await db.get('/a', { maxAgeMs: 0 })).toBe(1)
    expect(store.metrics().requests).toBe(3)
  })

  test('does not loosen writes: they end on what is there now', async () => {
    const store = await storeWith(documents)
    const [db, rival] = [await openVault(store, { maxAgeMs: 60_000 }), await openVault(store)]
    await rival.remove('/a')
    expect(await db.remove('/a')).toBe(false)
    await rival.update('/counter', increment)
    expect(await db.update('/counter', increment)).toEqual({ n: 3 })
  })

  test.each([-1, Number.NaN, '5', null])('refuses %s', async (maxAgeMs) => {
    const store = await storeWith(documents)
    const db = await openVault(store)
    const options = { maxAgeMs: maxAgeMs as number }
    await expect(db.get('/a', options)).rejects.toBeInstanceOf(TypeError)
    await expect(openVault(store, options)).rejects.toBeInstanceOf(TypeError)
  })
})
