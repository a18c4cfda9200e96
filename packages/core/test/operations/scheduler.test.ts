import { type BlobStore, VaultError } from '@vaultdb/core'
import { withFaults } from '@vaultdb/core/testing'
import { describe, expect, test } from 'vitest'
import { decorate } from '../../src/store/decorators/decorate.ts'
import { documentsOf, increment, storeWith } from '../database/scenarios.ts'
import { createTestRuntime } from '../support/runtime.ts'
import { inspect, openVault } from '../support/vault.ts'
import { apart, fileOf, gate, soon, spreadStore } from './crowd.ts'

/** A store whose writes (and, if wanted, reads) wait until the gate is opened; it keeps the signals that came with them. */
function waiting(store: BlobStore) {
  const held = gate()
  const signals: (AbortSignal | undefined)[] = []
  let files: readonly string[] = []
  const slow: BlobStore = decorate(store, {
    async write(key, data, expected, options) {
      if (files.length > 0) signals.push(options?.signal)
      if (files.includes(key)) await held.opened
      return await store.write(key, data, expected)
    },
  })
  const hold = (...keys: readonly string[]): void => {
    files = keys
  }
  return { slow, hold, open: held.open, signals }
}

async function waitingVault(more: Readonly<Record<string, unknown>> = {}) {
  const store = await spreadStore(more)
  const { slow, ...control } = waiting(store)
  const db = await openVault(slow)
  await db.find('/').toArray()
  const paths = apart(db) as [string, string, string]
  return { store, db, paths, ...control }
}

describe('who waits', () => {
  test('for one of its shards keeps those that come later from the others', async () => {
    const { db, hold, open, paths } = await waitingVault()
    const [held, free, third] = paths
    hold(fileOf(db, held))
    const first = db.update(held, increment)
    expect(await soon(first)).toBeUndefined()
    const prune = db.prune('/')
    const later = db.update(free, increment)
    expect(await soon(Promise.race([prune, later]))).toBeUndefined()
    open()
    expect([await first, await prune]).toEqual([{ n: 1, pad: expect.any(String) }, 12])
    expect(await later).toEqual({ n: 1 }) // of what the prune removed nothing is left
    expect(await db.get(third)).toBeNull()
  })

  test('waits for its own shards only', async () => {
    const { db, hold, open, paths } = await waitingVault()
    const [held, free, third] = paths
    hold(fileOf(db, held))
    const first = db.update(held, increment)
    await soon(first)
    const second = db.update(held, increment)
    const others = [db.update(free, increment), db.update(third, increment), db.put('/top', 1)]
    for (const each of others) expect(await soon(each as Promise<unknown>)).toMatchObject({ status: 'fulfilled' })
    expect(await soon(second)).toBeUndefined()
    open()
    expect([await first, await second]).toMatchObject([{ n: 1 }, { n: 2 }])
  })

  test('goes on in the order in which it came', async () => {
    const { db, hold, open, paths } = await waitingVault()
    const [held] = paths
    hold(fileOf(db, held))
    const first = db.update(held, increment)
    await soon(first)
    const seen: number[] = []
    const note = (mark: number) => (document: unknown) => {
      seen.push(mark)
      return document
    }
    const later = [1, 2, 3].map((mark) => db.update(held, note(mark)))
    open()
    await Promise.all([first, ...later])
    expect(seen).toEqual([1, 2, 3])
  })
})

describe('an abort', () => {
  test('gives a request up when nobody is left that wants it, and not before', async () => {
    const { db, hold, open, signals } = await waitingVault({ '/a': 1 })
    hold('shards/0')
    const aborts = [new AbortController(), new AbortController()]
    const puts = aborts.map(({ signal }, index) => db.put(`/${index}`, index, { signal }))
    await soon(puts[0] as Promise<unknown>)
    expect(signals).toHaveLength(1)
    for (const [index, abort] of aborts.entries()) {
      expect(signals[0]?.aborted).toBe(false)
      abort.abort(`reason ${index}`)
      expect(await soon(puts[index] as Promise<unknown>)).toMatchObject({
        status: 'rejected',
        reason: { code: 'ERR_OUTCOME_UNKNOWN', applied: 'unknown', cause: `reason ${index}` },
      })
    }
    expect(signals[0]).toMatchObject({ aborted: true, reason: 'reason 1' })
    open()
    await db.close()
  })

  test('of what still waits takes it out of the row, and nothing else', async () => {
    const { db, store, hold, open, paths } = await waitingVault()
    const [held] = paths
    hold(fileOf(db, held))
    const first = db.update(held, increment)
    await soon(first)
    const abort = new AbortController()
    let asked = 0
    const second = db.update(
      held,
      () => {
        asked++
        return null
      },
      { signal: abort.signal },
    )
    const third = db.update(held, increment)
    await soon(second)
    abort.abort('enough')
    expect(await soon(second)).toMatchObject({ reason: { code: 'ERR_ABORTED', applied: 'no', cause: 'enough' } })
    open()
    await Promise.all([first, third])
    await db.close()
    expect(asked).toBe(0)
    expect((await documentsOf(store))[held]).toMatchObject({ n: 2 })
  })

  test('of what waits lets those go on at once that only waited behind it', async () => {
    const { db, hold, open, paths } = await waitingVault()
    const [held, free] = paths
    hold(fileOf(db, held))
    const first = db.update(held, increment)
    await soon(first)
    const abort = new AbortController()
    const prune = db.prune('/', { signal: abort.signal })
    const behind = db.update(free, increment)
    expect(await soon(behind)).toBeUndefined()
    abort.abort()
    expect(await soon(prune)).toMatchObject({ reason: { code: 'ERR_ABORTED', applied: 'no' } })
    expect(await soon(behind)).toMatchObject({ value: { n: 1 } })
    open()
    await first
  })
})

test('closing waits for what goes on after its outcome is out', async () => {
  const store = await storeWith({ '/d/x': 1 })
  const { slow, hold, open, signals } = waiting(store)
  const db = await openVault(slow)
  const abort = new AbortController()
  hold('none')
  const { opened: written, open: letGo } = gate()
  const write = slow.write.bind(slow)
  slow.write = async (...request) => {
    if (signals.length > 0) hold('shards/0')
    const version = await write(...request)
    letGo()
    return version
  }
  const remove = db.remove('/d/x', { signal: abort.signal })
  await written
  expect(await soon(remove)).toBeUndefined()
  abort.abort()
  expect(await soon(remove)).toEqual({ status: 'fulfilled', value: true })
  const closing = db.close()
  expect(await soon(closing)).toBeUndefined()
  open()
  await closing
  expect((await inspect(store)).markers.size).toBe(0)
})

test('what cannot wait after a conflict fails, and says why', async () => {
  const store = await storeWith({ '/counter': { n: 0 } })
  const rival = await openVault(store)
  const contested: BlobStore = decorate(store, {
    async write(key, data, expected) {
      await rival.update('/rival', increment)
      return await store.write(key, data, expected)
    },
  })
  const sleep = async (): Promise<void> => {
    throw new Error('no timers')
  }
  const db = await openVault(contested, { runtime: { ...createTestRuntime(5), sleep } })
  await expect(db.update('/counter', increment)).rejects.toThrow('no timers')
  await db.close()
})

describe('a function that takes its time', () => {
  test('is bounded where its document changes each time, by others', async () => {
    const store = await storeWith({ '/counter': { n: 0 } })
    const [db, rival] = [await openVault(store, { retry: { conflictAttempts: 4 } }), await openVault(store)]
    let calls = 0
    const update = db.update('/counter', async (counter: { n: number } | null) => {
      calls++
      await rival.update('/counter', increment)
      return increment(counter)
    })
    await expect(update).rejects.toMatchObject({ code: 'ERR_CONTENTION', applied: 'no' })
    expect(calls).toBeLessThanOrEqual(4)
    expect(calls).toBeGreaterThan(1)
  })

  test('is not bounded by changes of its own client, of which there is an end', async () => {
    const store = await storeWith({ '/counter': { n: 0 } })
    const db = await openVault(store, { retry: { conflictAttempts: 2 } })
    let calls = 0
    const landed = await db.update('/counter', async (counter: { n: number } | null) => {
      if (calls++ < 5) await db.put('/counter', { n: 10 * calls })
      return increment(counter)
    })
    expect([landed, calls]).toEqual([{ n: 51 }, 6])
  })

  test('needs no second attempt when nothing changes', async () => {
    const db = await openVault(await storeWith({ '/counter': { n: 0 } }), { retry: { conflictAttempts: 1 } })
    await db.put('/other', 1)
    expect(await db.update('/counter', async (counter: { n: number } | null) => increment(counter))).toEqual({ n: 1 })
  })
})

test('what has to be done after a conflict is planned again at once, and later after pauses', async () => {
  const store = await storeWith({ '/counter': { n: 0 } })
  const rival = await openVault(store)
  let conflicts = 0
  let pauses = 0
  let atFirstPause = -1
  const contested: BlobStore = decorate(store, {
    async write(key, data, expected) {
      if (conflicts++ < 4) await rival.update('/rival', increment)
      return await store.write(key, data, expected)
    },
  })
  const sleep = async (): Promise<void> => {
    if (pauses++ === 0) atFirstPause = conflicts
  }
  const db = await openVault(contested, { runtime: { ...createTestRuntime(5), sleep } })
  expect(await db.update('/counter', increment)).toEqual({ n: 1 })
  expect([conflicts, pauses, atFirstPause]).toEqual([5, 3, 2])
})

test('a shard that cannot be read fails what needs it, and says that nothing was applied', async () => {
  const store = await spreadStore()
  let broken = ''
  const faulty = withFaults(store, ({ kind, key }) =>
    kind === 'read' && key === broken ? new VaultError('ERR_UNAUTHORIZED', 'no') : 'pass',
  )
  const finder = await openVault(store)
  await finder.find('/').toArray()
  const [first, second] = apart(finder) as [string, string]
  const db = await openVault(faulty)
  broken = fileOf(finder, first)
  const [failed, other] = await Promise.allSettled([db.update(first, increment), db.update(second, increment)])
  expect(failed).toMatchObject({ status: 'rejected', reason: { code: 'ERR_UNAUTHORIZED', applied: 'no' } })
  expect(other).toMatchObject({ status: 'fulfilled', value: { n: 1 } })
})
