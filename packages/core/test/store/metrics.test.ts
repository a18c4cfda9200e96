import { describe, expect, test } from 'vitest'
import { metricsBetween, withMetrics } from '../../src/store/decorators/metrics.ts'
import { createMemoryStore } from '../../src/store/memory-store.ts'
import { faultOnce, withFaults } from '../../src/testing/index.ts'

const NOTHING = withMetrics(createMemoryStore()).metrics()

describe('withMetrics', () => {
  test('begins with zeros', () => {
    expect(new Set(Object.values(NOTHING))).toEqual(new Set([0]))
  })

  test('counts requests by kind and outcome, and bytes', async () => {
    const store = withMetrics(createMemoryStore())
    const first = await store.write('vault', new Uint8Array(100), null)
    const second = await store.write('vault', new Uint8Array(30), first)
    await expect(store.write('vault', new Uint8Array(5), first)).rejects.toMatchObject({ code: 'ERR_CONFLICT' })
    await store.read('vault')
    await store.read('vault', { unlessVersion: second })
    await store.read('shards/0')
    for await (const { key } of store.list('')) expect(key).toBe('vault')
    await expect(store.delete('vault', first)).rejects.toMatchObject({ code: 'ERR_CONFLICT' })
    await store.delete('vault', second)
    await store.close?.()
    await expect(store.read('vault')).rejects.toMatchObject({ code: 'ERR_CLOSED' })
    expect(store.metrics()).toEqual({
      requests: 10,
      rounds: 10,
      reads: 4,
      unchanged: 1,
      writes: 3,
      deletes: 2,
      lists: 1,
      conflicts: 2,
      errors: 1,
      bytesRead: 30,
      bytesWritten: 135,
    })
  })

  test('requests sent together are one round', async () => {
    const store = withMetrics(createMemoryStore())
    await Promise.all([store.read('vault'), store.read('shards/0'), store.read('shards/1')])
    expect(store.metrics()).toMatchObject({ requests: 3, rounds: 1 })
    await Promise.all([store.read('vault'), store.read('shards/0')])
    expect(store.metrics()).toMatchObject({ requests: 5, rounds: 2 })
  })

  test('a request sent while a slow one is under way does not wait for it', async () => {
    let release: (() => void) | undefined
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    const inner = withFaults(
      createMemoryStore(),
      faultOnce(({ key }) => key === 'vault', { delayUntil: gate }),
    )
    const store = withMetrics(inner)
    const slow = store.read('vault')
    await store.read('shards/0')
    await store.read('shards/1')
    expect(store.metrics().rounds).toBe(2)
    release?.()
    await slow
    expect(store.metrics().rounds).toBe(2)
    await store.read('shards/2')
    expect(store.metrics().rounds).toBe(3)
  })

  test('failed requests are rounds like others', async () => {
    const store = withMetrics(withFaults(createMemoryStore(), () => 'drop'))
    await expect(store.read('vault')).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE' })
    await expect(store.read('vault')).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE' })
    expect(store.metrics()).toMatchObject({ requests: 2, rounds: 2, errors: 2 })
  })

  test('a listing that fails is an error, and one that is left is none', async () => {
    const store = withMetrics(
      withFaults(
        createMemoryStore(),
        faultOnce(({ kind }) => kind === 'list', 'drop'),
      ),
    )
    await store.write('vault', new Uint8Array(1), null)
    const first = async (): Promise<string | undefined> => {
      for await (const { key } of store.list('')) return key
      return undefined
    }
    await expect(first()).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE' })
    expect(await first()).toBe('vault')
    expect(store.metrics()).toMatchObject({ lists: 2, errors: 1, rounds: 3 })
  })

  test('a snapshot stays as it was, and two tell what happened between', async () => {
    const store = withMetrics(createMemoryStore())
    await store.write('vault', new Uint8Array(8), null)
    const before = store.metrics()
    await store.read('vault')
    expect(before).toMatchObject({ requests: 1, reads: 0 })
    expect(metricsBetween(before, store.metrics())).toEqual({
      ...NOTHING,
      requests: 1,
      rounds: 1,
      reads: 1,
      bytesRead: 8,
    })
  })
})
