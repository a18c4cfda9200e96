import { type BlobStore, createMemoryStore, type StoredBlob, type VaultDB, VaultError } from '@vaultdb/core'
import { type Fault, type FaultRequest, faultOnce, withFaults } from '@vaultdb/core/testing'
import { expect, test } from 'vitest'
import { internalsOf } from '../../src/database/internals.ts'
import { markerOf } from '../../src/path/path.ts'
import { decorate } from '../../src/store/decorators/decorate.ts'
import { createTestRuntime } from '../support/runtime.ts'
import { createVault, filler, inspect, openVault } from '../support/vault.ts'
import { increment, storeWith } from './scenarios.ts'

/** What other clients, neighbours of the same client, callbacks and late reads must not do to an operation. */

const LARGE = { n: 0, pad: filler(700) }

/** A vault of so many shards that most paths lie in another one than the top level. */
function spreadStore(): Promise<BlobStore> {
  const paths = Array.from({ length: 12 }, (_, index) => `/d${index}/x`)
  return storeWith({ ...Object.fromEntries(paths.map((path) => [path, LARGE])), '/counter': { n: 0 } })
}

function shardOf(db: VaultDB, path: string): string {
  const { map, router } = internalsOf(db).engine.manager
  const { directory, name } = markerOf(path)
  return map.find(router.keyOf(directory, name))
}

const isWriteTo = (key: string) => (request: FaultRequest) => request.kind === 'write' && request.key === key

test('a newer state that a get has seen between two phases does not become the base of the next one', async () => {
  const store = await spreadStore()
  let answer: () => void = () => undefined
  const answerAfter = new Promise<void>((resolve) => {
    answer = resolve
  })
  let arrived: () => void = () => undefined
  const underWay = new Promise<void>((resolve) => {
    arrived = resolve
  })
  const strike = faultOnce(isWriteTo('shards/0'), { answerAfter })
  const slow = withFaults(store, (request) => {
    const fault: Fault = strike(request)
    if (fault !== 'pass') arrived()
    return fault
  })
  const [db, other] = [await openVault(slow), await openVault(store)]
  await db.find('/').toArray()
  const elsewhere = Array.from({ length: 50 }, (_, index) => `/new${index}/x`).find((path) => shardOf(db, path) !== '0')
  // One plan: the marker of the new directory is written to shard 0 first, and the counter that lies there afterwards.
  const writes = Promise.all([db.put(elsewhere as string, 1), db.update('/counter', increment)])
  await underWay
  await other.update('/counter', () => ({ n: 10 }))
  expect(await db.get('/counter')).toEqual({ n: 10 })
  answer()
  await writes
  expect(await other.get('/counter')).toEqual({ n: 11 })
})

test('a progress callback that throws is heard of in the end, and by nobody else', async () => {
  const db = await createVault(createMemoryStore())
  const onProgress = (): void => {
    throw new RangeError('no terminal')
  }
  const bulk = db.write(
    [1, 2, 3].map((value) => ({ put: `/${value}`, value })),
    { onProgress },
  )
  const neighbour = db.put('/neighbour', 1)
  await expect(bulk).rejects.toThrow('no terminal')
  await neighbour
  expect(await db.list('/')).toEqual(['1', '2', '3', 'neighbour'])
  await db.close()
})

test('a signal or a callback that is none is a TypeError, and leaves nothing for close to wait for', async () => {
  const store = createMemoryStore()
  const db = await createVault(store)
  const signal = {} as AbortSignal
  const onProgress = 'loud' as unknown as () => void
  await expect(db.put('/a', 1, { signal })).rejects.toThrow(TypeError)
  await expect(db.get('/a', { signal })).rejects.toThrow(TypeError)
  await expect(db.write([{ remove: '/a' }], { onProgress })).rejects.toThrow(TypeError)
  await expect(openVault(store, { signal })).rejects.toThrow(TypeError)
  await db.close()
})

test('a prune that meets a damaged shard fails alone', async () => {
  const paths = Array.from({ length: 12 }, (_, index) => `/d/x${index}`)
  const store = await storeWith(Object.fromEntries(paths.map((path) => [path, LARGE])))
  const db = await openVault(store)
  const damaged = `shards/${shardOf(db, '/d/x3')}`
  expect(damaged).not.toBe('shards/0')
  const { data, version } = (await store.read(damaged)) as StoredBlob
  await store.write(damaged, data.fill(0, 600, 700), version)
  const [prune, put] = await Promise.allSettled([db.prune('/d/'), db.put('/top', 1)])
  expect(prune).toMatchObject({ status: 'rejected', reason: { code: 'ERR_CORRUPT', applied: 'no' } })
  expect(put.status).toBe('fulfilled')
})

test('what has nothing to write does not fail with the refused write of a neighbour', async () => {
  const store = await storeWith({ '/a': { n: 1 } })
  const refusal = new VaultError('ERR_UNAUTHORIZED', 'read only')
  const db = await openVault(withFaults(store, ({ kind }) => (kind === 'write' ? refusal : 'pass')))
  const [put, remove] = await Promise.allSettled([db.put('/a', { n: 2 }), db.remove('/absent')])
  expect(put).toMatchObject({ status: 'rejected', reason: { code: 'ERR_UNAUTHORIZED', applied: 'no' } })
  expect(remove).toEqual({ status: 'fulfilled', value: false })
})

test.each([
  ['remove', (db: VaultDB, path: string, signal: AbortSignal) => db.remove(path, { signal }), true],
  ['prune', (db: VaultDB, path: string, signal: AbortSignal) => db.prune(markerOf(path).directory, { signal }), 1],
] as const)('%s, aborted when only its unlinking is under way, has done what it was to do', async (_, act, result) => {
  const store = await spreadStore()
  const aborter = new AbortController()
  let failed = false
  const faulty = withFaults(store, (request) => {
    if (failed || !isWriteTo('shards/0')(request)) return 'pass'
    failed = true
    aborter.abort()
    return 'drop'
  })
  const db = await openVault(faulty)
  const path = Array.from({ length: 12 }, (_, index) => `/d${index}/x`).find(
    (each) => shardOf(db, each) !== '0',
  ) as string
  expect(await act(db, path, aborter.signal)).toBe(result)
  await db.close()
  expect(failed).toBe(true)
  const { documents, markers } = await inspect(store)
  expect(documents.has(path)).toBe(false)
  expect(markers.has(markerOf(path).directory)).toBe(false) // nobody waited, and it was unlinked all the same
})

test('a read that lags behind a lost answer does not make an update apply twice', async () => {
  const store = await storeWith({ '/counter': { n: 0 } })
  const before = (await store.read('shards/0')) as StoredBlob
  let writes = 0
  let reads = 0
  const faulty = withFaults(store, ({ kind, key }) => {
    if (kind === 'write') return ++writes === 1 ? 'lose-answer' : 'pass'
    // Of the reads after the write, the first still shows the state before it.
    return kind === 'read' && key === 'shards/0' && writes > 0 && ++reads === 1 ? { answer: before } : 'pass'
  })
  const lagging = { ...faulty, capabilities: { ...store.capabilities, atomicReads: false } }
  const db = await openVault(lagging)
  expect(await db.update('/counter', increment)).toEqual({ n: 1 })
  expect(reads).toBeGreaterThan(1)
  expect(await (await openVault(store)).get('/counter')).toEqual({ n: 1 })
})

test('a new vault whose first answer is lost and whose first read is torn is still ours', async () => {
  const store = createMemoryStore()
  let reads = 0
  const faulty = withFaults(store, ({ kind, key, index }) => {
    if (kind === 'write' && key === 'vault' && index === 0) return 'lose-answer'
    const torn = { answer: { data: new Uint8Array(10), version: 'torn' } }
    return kind === 'read' && key === 'vault' && ++reads === 1 ? torn : 'pass'
  })
  const db = await createVault({ ...faulty, capabilities: { ...store.capabilities, atomicReads: false } })
  expect(reads).toBeGreaterThan(1)
  await db.put('/a', 1)
  expect((await inspect(store)).documents).toEqual(new Map([['/a', 1]]))
})

test('what lies in the place of a new vault and is none stays, and is ERR_EXISTS', async () => {
  const store = createMemoryStore()
  await store.write('vault', new Uint8Array(10), null)
  await expect(createVault(store)).rejects.toMatchObject({ code: 'ERR_EXISTS', applied: 'no' })
})

test('an answer whose `then` throws fails its own update only', async () => {
  const db = await createVault(createMemoryStore())
  const get = (): never => {
    throw new RangeError('hostile')
  }
  const hostile = Object.defineProperty({}, 'then', { get })
  const [update, put] = await Promise.allSettled([db.update('/a', () => hostile), db.put('/b', 1)])
  expect(update).toMatchObject({ status: 'rejected', reason: { message: 'hostile' } })
  expect(put.status).toBe('fulfilled')
})

test('pauses after conflicts stop growing: who lost often is not kept away while the others go on', async () => {
  const store = await storeWith({ '/counter': { n: 0 } })
  const other = await openVault(store)
  const rival: BlobStore = decorate(store, {
    async write(key, data, expected) {
      await other.update('/rival', increment)
      return await store.write(key, data, expected)
    },
  })
  const slept: number[] = []
  const runtime = {
    ...createTestRuntime(3),
    jitter: () => 1,
    monotonicMs: () => 0,
    sleep: async (ms: number) => void slept.push(ms),
  }
  const db = await openVault(rival, { runtime })
  await expect(db.update('/counter', increment)).rejects.toMatchObject({ code: 'ERR_CONTENTION' })
  expect(slept).toHaveLength(28)
  expect(Math.max(...slept)).toBe(64) // times the latency, which is taken for a millisecond at least
})

test('a creation that stops half way says so, and opening completes it', async () => {
  const store = createMemoryStore()
  const refusal = new VaultError('ERR_QUOTA', 'full')
  const create = createVault(withFaults(store, (request) => (isWriteTo('shards/0')(request) ? refusal : 'pass')))
  await expect(create).rejects.toMatchObject({ code: 'ERR_QUOTA', applied: 'some' })
  await (await openVault(store)).put('/a', 1)
  expect((await inspect(store)).documents.size).toBe(1)
})

test('on a full store a bulk fails whole after a few refusals, and not after one for each operation', async () => {
  const store = createMemoryStore()
  const vault = await createVault(store)
  await vault.close()
  const full = withFaults(store, ({ kind }) => (kind === 'write' ? new VaultError('ERR_QUOTA', 'full') : 'pass'))
  const db = await openVault(full)
  const operations = Array.from({ length: 200 }, (_, index) => ({ put: `/d${index % 10}/x${index}`, value: LARGE }))
  const error: unknown = await db.write(operations).catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code: 'ERR_QUOTA', applied: 'no' })
  expect((error as VaultError).results).toHaveLength(200)
  // The bulk's own write, three alone, and the one that had begun when the third was refused.
  expect(full.requests.filter(({ request }) => isWriteTo('shards/0')(request))).toHaveLength(5)
  await db.close()
})

test('every failed write says whether it was applied, also one that never began', async () => {
  const db = await createVault(createMemoryStore())
  const refused = (): Promise<unknown>[] => [
    db.put('no path', 1),
    db.update('no path', () => 1),
    db.remove('no path'),
    db.prune('no path'),
    db.write([{ put: 'no path', value: 1 }]),
  ]
  const nothing = (code: string) => ({ code, applied: 'no' })
  for (const each of refused()) await expect(each).rejects.toMatchObject(nothing('ERR_INVALID_PATH'))
  await expect(db.changePassword('none', 'other')).rejects.toMatchObject(nothing('ERR_CREDENTIALS'))
  await expect(db.put('/a', 'x'.repeat(2 ** 21))).rejects.toMatchObject(nothing('ERR_TOO_LARGE'))
  await db.close()
  for (const each of refused()) await expect(each).rejects.toMatchObject(nothing('ERR_CLOSED'))
})
