// Clocks that jump while a vault is open: set by hand or by the network, running on while the machine slept.

import { createMemoryStore, createMemoryWitness, withMetrics } from '@vaultdb/core'
import { check } from '@vaultdb/core/maintenance'
import { withFaults } from '@vaultdb/core/testing'
import { describe, expect, test } from 'vitest'
import { createTestRuntime, type TestRuntime } from '../support/runtime.ts'
import { createVault, inspect, openVault, readShards } from '../support/vault.ts'
import { increment, storeWith } from './scenarios.ts'

const DAY_MS = 24 * 60 * 60 * 1000
/** What a wall clock may say, one after the other. */
const TIMES_MS = [
  1_700_000_000_000,
  0,
  -1,
  1.5,
  -DAY_MS,
  4e12,
  8.64e15 + 1,
  1e300,
  -1e300,
  ...[Number.MAX_SAFE_INTEGER + 2, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 1_700_000_000_000],
]

/** A runtime whose wall clock says something else at every look. */
function withJumpingWallClock(seed: number): TestRuntime {
  let looks = 0
  return { ...createTestRuntime(seed), now: () => TIMES_MS[looks++ % TIMES_MS.length] ?? 0 }
}

/** A runtime whose monotonic clock jumps by the next of `jumpsMs` at every look. */
function withJumpingMonotonicClock(jumpsMs: readonly number[]): TestRuntime & { readonly pausesMs: readonly number[] } {
  const pausesMs: number[] = []
  let nowMs = 0
  let looks = 0
  return {
    ...createTestRuntime(),
    pausesMs,
    monotonicMs() {
      nowMs += jumpsMs[looks++ % jumpsMs.length] ?? 0
      return nowMs
    },
    sleep: async (ms) => void pausesMs.push(ms),
  }
}

describe('a wall clock that jumps', () => {
  test('loses no write, breaks no file, and others read and check what it left', async () => {
    const store = createMemoryStore()
    const db = await createVault(store, { runtime: withJumpingWallClock(1) })
    const rival = await openVault(store, { runtime: withJumpingWallClock(2) })
    for (let round = 0; round < 20; round++) {
      await db.update('/counter', increment)
      await rival.put(`/notes/${round}/text`, 'x'.repeat(200))
      await rival.update('/counter', increment)
      if (round % 2 === 1) expect(await db.remove(`/notes/${round}/text`)).toBe(true)
    }
    await db.close()
    await rival.close()

    const { documents, shards } = await inspect(store)
    expect(shards.length).toBeGreaterThan(2)
    expect(documents.get('/counter')).toEqual({ n: 40 })
    expect(documents.size).toBe(11)
    const sane = await openVault(store)
    // Splits that lost against the other client's leave orphans, as ever.
    expect((await check(sane)).problems.filter(({ kind }) => kind !== 'orphan-shard')).toEqual([])
    const times = (await readShards(sane)).flatMap(({ state }) => state.log.entries.map(({ timeMs }) => timeMs))
    expect(times.every((timeMs) => Number.isSafeInteger(timeMs) && timeMs >= 0)).toBe(true)
    await sane.close()
  })

  test('does not change how old data may be', async () => {
    const store = withMetrics(await storeWith({ '/a': 1 }))
    const runtime = withJumpingWallClock(3)
    const db = await openVault(store, { runtime, maxAgeMs: 1000 })
    const rival = await openVault(store)
    await rival.put('/a', 2)
    const before = store.metrics().requests
    runtime.now() // whatever it says now
    expect(await db.get('/a')).toBe(1)
    expect(store.metrics().requests).toBe(before)
    runtime.advance(1001)
    expect(await db.get('/a')).toBe(2)
  })

  test('is no witness: what was seen is told apart by counters and hashes alone', async () => {
    const store = createMemoryStore()
    const witness = createMemoryWitness()
    const db = await createVault(store, { witness, runtime: withJumpingWallClock(4) })
    await db.put('/a', 1)
    const old = await store.read('shards/0')
    await db.put('/a', 2)
    await db.close()
    const again = await openVault(store, { witness, runtime: withJumpingWallClock(5) })
    expect(await again.get('/a')).toBe(2)
    await again.close()

    const now = await store.read('shards/0')
    if (old === null || old === 'unchanged' || now === null || now === 'unchanged') throw new Error('The file is gone.')
    await store.write('shards/0', old.data, now.version)
    const deceived = openVault(store, { witness, runtime: withJumpingWallClock(6) }).then((reopened) =>
      reopened.get('/a'),
    )
    await expect(deceived).rejects.toMatchObject({ code: 'ERR_ROLLBACK' })
  })
})

describe('a monotonic clock that jumps', () => {
  test('ahead, as after a night asleep, makes what is cached too old', async () => {
    const store = await storeWith({ '/a': 1 })
    const runtime = createTestRuntime()
    const db = await openVault(store, { runtime, maxAgeMs: 60_000 })
    const rival = await openVault(store)
    await rival.put('/a', 2)
    expect(await db.get('/a')).toBe(1)
    runtime.advance(DAY_MS)
    expect(await db.get('/a')).toBe(2)
  })

  test.each([
    ['ahead by a day at every look', [DAY_MS]],
    ['ahead and back', [DAY_MS, -DAY_MS]],
    ['back, though it must not', [-DAY_MS]],
    ['not at all', [0]],
  ])('%s: retries go on, with pauses that are neither endless nor none', async (_name, jumpsMs) => {
    const inner = await storeWith({ '/counter': { n: 1 } })
    let sent = 0
    const failing = withFaults(inner, () => {
      const fates = ['drop', 'lose-answer', 'pass'] as const
      return fates[sent++ % fates.length] ?? 'pass'
    })
    const runtime = withJumpingMonotonicClock(jumpsMs)
    const db = await openVault(failing, { runtime, retry: { maxDelayMs: 5000 } })
    for (let round = 0; round < 5; round++) await db.update('/counter', increment)
    expect(await db.get('/counter')).toEqual({ n: 6 })
    await db.close()
    expect(runtime.pausesMs.length).toBeGreaterThan(5)
    expect(Math.min(...runtime.pausesMs)).toBeGreaterThan(0)
    expect(Math.max(...runtime.pausesMs)).toBeLessThanOrEqual(5000)
    expect((await inspect(inner)).documents.get('/counter')).toEqual({ n: 6 })
  })

  test('changes nothing about linearizable reads and writes', async () => {
    const store = await storeWith({ '/counter': { n: 0 } })
    const [db, rival] = [
      await openVault(store, { runtime: withJumpingMonotonicClock([DAY_MS, -2 * DAY_MS, 1]) }),
      await openVault(store, { runtime: withJumpingMonotonicClock([-DAY_MS, 3]) }),
    ]
    for (let round = 0; round < 10; round++) {
      await db.update('/counter', increment)
      expect(await rival.get('/counter')).toEqual({ n: 2 * round + 1 })
      await rival.update('/counter', increment)
      expect(await db.get('/counter')).toEqual({ n: 2 * round + 2 })
    }
  })
})
