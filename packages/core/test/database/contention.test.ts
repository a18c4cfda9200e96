import { createMemoryStore, type VaultDB } from '@vaultdb/core'
import { withFaults } from '@vaultdb/core/testing'
import { expect, test } from 'vitest'
import { decorate } from '../../src/store/decorators/decorate.ts'
import { Director } from '../support/director.ts'
import { numbersFrom } from '../support/runtime.ts'
import { createVault, inspect, openVault } from '../support/vault.ts'
import { documentsOf, increment, storeWith } from './scenarios.ts'

test.each([1, 2, 3])('clients that increment one counter at once lose no increment (order %i)', async (seed) => {
  const store = createMemoryStore()
  await (await createVault(store)).close()
  const director = new Director(numbersFrom(seed))
  const clients: VaultDB[] = []
  while (clients.length < 6) {
    const opening = openVault(director.over(store), { runtime: director.runtime(100 * seed + clients.length) })
    clients.push(await director.run(opening))
  }
  const incrementTenTimes = async (db: VaultDB): Promise<void> => {
    for (let time = 0; time < 10; time++) await db.update('/counters/one', increment)
  }
  await director.run(Promise.all(clients.map(incrementTenTimes)))
  expect(await documentsOf(store)).toEqual({ '/counters/one': { n: 60 } })
})

test('one client increments one counter many times at once in a single write', async () => {
  const store = await storeWith({ '/counter': { n: 0 } })
  const faulty = withFaults(store)
  const db = await openVault(faulty)
  const landed = await Promise.all(Array.from({ length: 50 }, () => db.update('/counter', increment)))
  expect(landed.map((counter) => counter?.n)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1))
  expect(faulty.requests.filter(({ request }) => request.kind === 'write')).toHaveLength(1)
})

/** A store in whose way another client always writes first. */
async function contested(documents: Readonly<Record<string, unknown>>): ReturnType<typeof contest> {
  return await contest(await storeWith(documents))
}

async function contest(store: Awaited<ReturnType<typeof storeWith>>) {
  const other = await openVault(store)
  let writes = 0
  const rival = decorate(store, {
    async write(key: string, data: Uint8Array, expected: string | null): Promise<string> {
      writes++
      await other.update('/rival', increment)
      return await store.write(key, data, expected)
    },
  })
  return { store, rival, other, writes: () => writes }
}

test('attempts against other writers are bounded: ERR_CONTENTION, and nothing was applied', async () => {
  const { rival, writes, other } = await contested({ '/counter': { n: 1 } })
  const db = await openVault(rival, { retry: { conflictAttempts: 7 } })
  let calls = 0
  const update = db.update('/counter', (counter: { n: number } | null) => {
    calls++
    return increment(counter)
  })
  await expect(update).rejects.toMatchObject({ code: 'ERR_CONTENTION', applied: 'no' })
  expect(writes()).toBe(7)
  expect(calls).toBe(1) // the counter itself never changed
  expect(await other.get('/counter')).toEqual({ n: 1 })
  await expect(db.prune('/')).rejects.toMatchObject({ code: 'ERR_CONTENTION', applied: 'no' })
  await expect(db.remove('/counter')).rejects.toMatchObject({ code: 'ERR_CONTENTION', applied: 'no' })
  await expect(db.write([{ remove: '/counter' }, { put: '/x', value: 1 }])).rejects.toMatchObject({
    code: 'ERR_CONTENTION',
    applied: 'no',
    results: [{ code: 'ERR_CONTENTION' }, { code: 'ERR_CONTENTION' }],
  })
})

test('a new document whose markers are contested is not applied either, and its markers do no harm', async () => {
  const { store, rival, other } = await contested({ '/counter': { n: 1 } })
  const db = await openVault(rival, { retry: { conflictAttempts: 3 } })
  await expect(db.put('/a/b/c', 1)).rejects.toMatchObject({ code: 'ERR_CONTENTION', applied: 'no' })
  expect(await other.get('/a/b/c')).toBeNull()
  await other.put('/a/b/c', 2)
  expect((await inspect(store)).documents.get('/a/b/c')).toBe(2)
})

test('the pauses between attempts grow, and follow the latency observed', async () => {
  const pauses = async (latencyMs: number): Promise<number[]> => {
    const { rival } = await contested({ '/counter': { n: 1 } })
    const slept: number[] = []
    let nowMs = 0
    const { createTestRuntime } = await import('../support/runtime.ts')
    const runtime = {
      ...createTestRuntime(3),
      jitter: () => 0.5,
      monotonicMs: () => nowMs,
      sleep: async (ms: number) => {
        slept.push(ms)
      },
    }
    const slow = {
      ...rival,
      read: async (...request: Parameters<typeof rival.read>) => {
        nowMs += latencyMs
        return await rival.read(...request)
      },
    }
    const db = await openVault(slow, { runtime, retry: { conflictAttempts: 8 } })
    await expect(db.update('/counter', increment)).rejects.toMatchObject({ code: 'ERR_CONTENTION' })
    return slept
  }
  const [quick, slow] = [await pauses(1), await pauses(80)]
  for (const slept of [quick, slow]) {
    expect(slept.length).toBeGreaterThan(3)
    expect(slept.at(-1)).toBeGreaterThan(4 * (slept[0] as number))
  }
  expect(slow[0]).toBeGreaterThan(quick[0] as number)
})
