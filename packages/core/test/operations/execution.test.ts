import { type BlobStore, type VaultDB, VaultError } from '@vaultdb/core'
import { type Fault, type FaultRequest, withFaults } from '@vaultdb/core/testing'
import { describe, expect, test } from 'vitest'
import { decorate } from '../../src/store/decorators/decorate.ts'
import { documentsOf, increment, storeWith } from '../database/scenarios.ts'
import { inspect, openVault } from '../support/vault.ts'
import { apart, fileOf, gate, LARGE, soon, spreadStore } from './crowd.ts'

const isWriteTo = (key: string) => (request: FaultRequest) => request.kind === 'write' && request.key === key

/** A database whose writes to one shard arrive when the gate is opened. */
async function holding(store: BlobStore, fileOfHeld: (db: VaultDB) => string) {
  const held = gate()
  let key: string | undefined
  const slow = withFaults(store, (request) =>
    key !== undefined && isWriteTo(key)(request) ? { delayUntil: held.opened } : 'pass',
  )
  const db = await openVault(slow)
  await db.find('/').toArray()
  key = fileOfHeld(db)
  return { db, requests: slow.requests, open: held.open }
}

/** A store that does the first write to the first shard without saying so, and lets `meanwhile` happen before the next. */
function losingFirstAnswer(store: BlobStore, meanwhile: () => Promise<unknown>): BlobStore {
  let writes = 0
  return decorate(store, {
    async write(key, data, expected) {
      if (key !== 'shards/0' || writes++ > 0) return await store.write(key, data, expected)
      await store.write(key, data, expected)
      await meanwhile()
      throw new VaultError('ERR_UNAVAILABLE', 'no answer')
    },
  })
}

describe('what ends on what was read', () => {
  test('does not wait for a write of the same plan, nor does what comes after it', async () => {
    const store = await spreadStore({ '/there': 1 })
    const { db, open } = await holding(store, (each) => fileOf(each, apart(each)[0] as string))
    const [held] = apart(db)
    const update = db.update(held as string, increment)
    const quiet = [db.remove('/absent'), db.put('/there', 1)]
    for (const each of quiet) expect(await soon(each as Promise<unknown>)).toMatchObject({ status: 'fulfilled' })
    expect(await soon(db.put('/afterwards', 1))).toMatchObject({ status: 'fulfilled' })
    expect(await soon(update)).toBeUndefined()
    open()
    await update
  })

  test.each([
    ['in a shard that is not written', (db: VaultDB) => apart(db)[0] as string],
    ['in a shard that a neighbour writes', () => '/neighbour'],
  ])('%s, is planned anew if what it hung on was given up while the plan was made', async (_, neighbourIn) => {
    const store = await spreadStore()
    const db = await openVault(store)
    await db.find('/').toArray()
    const neighbour = neighbourIn(db)
    const abort = new AbortController()
    const put = db.put('/new', 1)
    const remove = db.remove('/new', { signal: abort.signal })
    const update = db.update<unknown>(neighbour, () => {
      abort.abort()
      return 2
    })
    const outcomes = await Promise.allSettled([put, remove, update])
    expect(outcomes).toMatchObject([
      { status: 'fulfilled' },
      { status: 'rejected', reason: { code: 'ERR_ABORTED', applied: 'no' } },
      { status: 'fulfilled' },
    ])
    expect(await documentsOf(store)).toMatchObject({ '/new': 1, [neighbour]: 2 })
  })

  test('and only has directories to see to, is done when it is aborted', async () => {
    const { db, open } = await holding(await spreadStore(), (each) => fileOf(each, apart(each)[0] as string))
    const abort = new AbortController()
    const update = db.update(apart(db)[0] as string, increment)
    const remove = db.remove('/nowhere/x', { signal: abort.signal })
    await soon(update)
    abort.abort()
    expect(await soon(remove)).toEqual({ status: 'fulfilled', value: false })
    open()
    await update
  })
})

test('each shard of a plan is free for others as soon as its own write is done', async () => {
  const store = await spreadStore()
  const { db, open } = await holding(store, (each) => fileOf(each, apart(each)[0] as string))
  const [held, free] = apart(db) as [string, string]
  const both = [db.update(held, increment), db.update(free, increment)]
  expect(await soon(both[1] as Promise<unknown>)).toMatchObject({ status: 'fulfilled' })
  expect(await soon(db.update(free, increment))).toMatchObject({ value: { n: 2 } })
  expect(await soon(both[0] as Promise<unknown>)).toBeUndefined()
  open()
  await Promise.all(both)
})

test('a shard of markers alone is free once they are written, before their documents are', async () => {
  const store = await spreadStore()
  const { db, open } = await holding(store, (each) => fileOf(each, apart(each)[0] as string))
  const held = fileOf(db, apart(db)[0] as string)
  const path = Array.from({ length: 200 }, (_, index) => `/new${index}/x`).find((each) => fileOf(db, each) === held)
  const put = db.put(path as string, 1)
  expect(await soon(put)).toBeUndefined()
  expect(await soon(db.put('/top', 1))).toMatchObject({ status: 'fulfilled' })
  open()
  await put
  expect((await inspect(store)).documents.has('/top')).toBe(true)
})

test('a shard is kept until its markers are removed: a client does not get in its own way', async () => {
  const store = await storeWith({ '/d/x': 1 })
  const { db, open, requests } = await holding(store, () => 'shards/0')
  const remove = db.remove('/d/x')
  expect(await soon(remove)).toBeUndefined()
  const put = db.put('/y', 1)
  expect(await soon(put)).toBeUndefined()
  open()
  expect(await Promise.all([remove, put])).toEqual([true, undefined])
  // The document, the marker, the neighbour.
  expect(requests.filter(({ request }) => isWriteTo('shards/0')(request))).toHaveLength(3)
  expect(await documentsOf(store)).toEqual({ '/y': 1 })
})

test('an update that is aborted while it is written with another does not have that one done again', async () => {
  const store = await storeWith({ '/counter': { n: 0 } })
  const { db, open } = await holding(store, () => 'shards/0')
  const abort = new AbortController()
  const updates = [db.update('/counter', increment), db.update('/counter', increment, { signal: abort.signal })]
  await soon(updates[0] as Promise<unknown>)
  abort.abort()
  const unknown = { reason: { code: 'ERR_OUTCOME_UNKNOWN', applied: 'unknown' } }
  expect(await soon(updates[1] as Promise<unknown>)).toMatchObject(unknown)
  open()
  expect(await updates[0]).toEqual({ n: 1 })
  await db.close()
  expect(await documentsOf(store)).toEqual({ '/counter': { n: 2 } })
})

test('a prune on which an outcome hangs that is out already is not given up without a trace', async () => {
  const store = await spreadStore()
  await (await openVault(store)).prune('/')
  const { db, open } = await holding(store, () => 'shards/0')
  const path = Array.from({ length: 200 }, (_, index) => `/new${index}/x`).find(
    (each) => fileOf(db, each) !== 'shards/0',
  )
  const abort = new AbortController()
  const put = db.put('/gone', 1)
  const prune = db.prune('/', { signal: abort.signal })
  const later = db.put(path as string, 1)
  expect(await soon(put)).toMatchObject({ status: 'fulfilled' })
  abort.abort()
  expect(await soon(prune)).toMatchObject({ reason: { code: 'ERR_OUTCOME_UNKNOWN', applied: 'unknown' } })
  open()
  await later
  await db.close()
  expect(await documentsOf(store)).toEqual({ [path as string]: 1 })
})

describe('a write that was applied and replaced before it was heard of', () => {
  test('counts what it removed', async () => {
    const store = await storeWith({ '/d/x': 1, '/d/y': 2, '/z': 3 })
    const other = await openVault(store)
    const db = await openVault(losingFirstAnswer(store, () => other.put('/z', 4)))
    expect(await db.prune('/d/')).toBe(2)
    expect(await documentsOf(store)).toEqual({ '/z': 4 })
  })

  test('settles an update', async () => {
    const store = await storeWith({ '/counter': { n: 1 } })
    const other = await openVault(store)
    const db = await openVault(losingFirstAnswer(store, () => other.update('/counter', increment)))
    expect(await db.update('/counter', increment)).toEqual({ n: 2 })
    expect(await documentsOf(store)).toEqual({ '/counter': { n: 3 } })
  })

  test('unlinks no directory that was filled again', async () => {
    const store = await storeWith({ '/d/x': 1 })
    const other = await openVault(store)
    const db = await openVault(losingFirstAnswer(store, () => other.put('/d/y', 2)))
    expect(await db.remove('/d/x')).toBe(true)
    await db.close()
    expect(await documentsOf(store)).toEqual({ '/d/y': 2 })
  })
})

describe('a marker in the shard of another document of the plan', () => {
  /** A new directory whose documents lie in another shard than the top level. */
  const newPath = (db: VaultDB): string =>
    Array.from({ length: 200 }, (_, index) => `/new${index}/x`).find(
      (path) => fileOf(db, path) !== 'shards/0',
    ) as string

  async function opened(faulty: BlobStore, retry = {}): Promise<VaultDB> {
    const db = await openVault(faulty, { retry })
    await db.find('/').toArray()
    return db
  }

  test('that was replaced before it was heard of: both are written after all', async () => {
    const store = await spreadStore({ '/z': 1 })
    const other = await openVault(store)
    const db = await opened(losingFirstAnswer(store, () => other.put('/z', 2)))
    const path = newPath(db)
    await Promise.all([db.put(path, 1), db.put('/top', 1)])
    expect(await documentsOf(store)).toMatchObject({ '/z': 2, '/top': 1, [path]: 1 })
  })

  test('that nobody knows to be applied: neither document was sent, and both errors say so', async () => {
    const store = await spreadStore()
    const db = await opened(
      withFaults(store, ({ kind }) => (kind === 'write' ? 'lose-answer' : 'pass')),
      { requestAttempts: 1 },
    )
    const outcomes = await Promise.allSettled([db.put(newPath(db), 1), db.put('/top', 1)])
    const failed = { status: 'rejected', reason: { code: 'ERR_UNAVAILABLE', applied: 'no' } }
    expect(outcomes).toMatchObject([failed, failed])
    expect(Object.keys(await documentsOf(store))).toHaveLength(12)
  })

  test('is written under the same lock: a client does not get in its own way', async () => {
    const { db, open, requests } = await holding(await spreadStore(), () => 'shards/0')
    const puts = [db.put(newPath(db), 1), db.put('/top', 1)]
    await soon(puts[0] as Promise<unknown>)
    const later = db.put('/later', 1)
    await soon(later)
    open()
    await Promise.all([...puts, later])
    expect(requests.filter(({ request }) => isWriteTo('shards/0')(request))).toHaveLength(3)
  })

  test('whose document is given up before it was sent: the other document of that shard is written', async () => {
    const store = await spreadStore()
    const { db, open } = await holding(store, () => 'shards/0')
    const existing = apart(db)[0] as string
    const path = Array.from({ length: 200 }, (_, index) => `/new${index}/x`).find(
      (each) => fileOf(db, each) === fileOf(db, existing),
    ) as string
    const abort = new AbortController()
    const put = db.put(path, 1, { signal: abort.signal })
    const update = db.update(existing, increment)
    await soon(put)
    abort.abort()
    expect(await soon(put)).toMatchObject({ reason: { code: 'ERR_ABORTED', applied: 'no' } })
    open()
    expect(await update).toMatchObject({ n: 1 })
    expect(await documentsOf(store)).not.toHaveProperty([path])
  })

  test('that is there already stays as it is, in a shard that is written all the same', async () => {
    const store = await spreadStore()
    const db = await opened(store)
    const markerIn = async (directory: string) => {
      const [first] = (await inspect(store)).shards
      return { shard: first?.state.seq, item: first?.state.directories.get('/')?.get(directory)?.seq }
    }
    const path = apart(db)[0] as string
    const directory = path.slice(1, -1)
    const before = await markerIn(directory)
    await db.put(`/${directory}sub/x`, 1)
    const after = await markerIn(directory)
    expect(after.shard).toBeGreaterThan(before.shard as number)
    expect(after.item).toBe(before.item)
  })
})

test.each<readonly [string, Fault]>([
  ['is refused', new VaultError('ERR_UNAUTHORIZED', 'not this one')],
  ['never arrives', 'drop'],
])('what has nothing to write does not fail with a fence on its shard that %s', async (_, fault) => {
  const store = await storeWith({ '/wide/x': LARGE, '/wide/y': LARGE })
  let fenced = ''
  const db = await openVault(withFaults(store, (request) => (isWriteTo(fenced)(request) ? fault : 'pass')))
  await db.find('/').toArray()
  expect(fileOf(db, '/wide/x')).not.toBe(fileOf(db, '/wide/y'))
  await db.remove('/wide/x')
  fenced = fileOf(db, '/wide/x')
  const path = Array.from({ length: 200 }, (_, index) => `/other${index}/x`).find((each) => fileOf(db, each) === fenced)
  const failing = db.update(path as string, () => {
    throw new Error('as planned')
  })
  const [remove, update] = await Promise.allSettled([db.remove('/wide/y'), failing])
  expect(remove).toEqual({ status: 'fulfilled', value: true })
  expect(update).toMatchObject({ status: 'rejected', reason: { message: 'as planned' } })
})

describe('operations of one write', () => {
  const refusing = (error: (write: number) => VaultError | 'drop' | 'pass') => {
    let writes = 0
    return ({ kind }: FaultRequest) => (kind === 'write' ? error(writes++) : 'pass')
  }

  test('that is refused for anything but size fail together', async () => {
    const refusal = new VaultError('ERR_UNAUTHORIZED', 'read only')
    const store = withFaults(
      await storeWith({ '/a': 1 }),
      refusing(() => refusal),
    )
    const db = await openVault(store)
    const outcomes = await Promise.allSettled([db.put('/a', 2), db.put('/b', 2)])
    const failed = { status: 'rejected', reason: { code: 'ERR_UNAUTHORIZED', applied: 'no' } }
    expect(outcomes).toMatchObject([failed, failed])
    expect(store.requests.filter(({ request }) => request.kind === 'write')).toHaveLength(1)
  })

  test('of which nobody knows whether it was applied are not tried alone, whatever the store says in the end', async () => {
    const full = new VaultError('ERR_QUOTA', 'full')
    const faults = refusing((write) => ['drop', full, 'pass'][Math.min(write, 2)] as VaultError | 'drop' | 'pass')
    const db = await openVault(withFaults(await storeWith({ '/a': 1 }), faults), { retry: { requestAttempts: 2 } })
    const outcomes = await Promise.allSettled([db.put('/a', 2), db.put('/b', 2)])
    const unknown = { status: 'rejected', reason: { code: 'ERR_OUTCOME_UNKNOWN', applied: 'unknown' } }
    expect(outcomes).toMatchObject([unknown, unknown])
  })

  test('that is too much for a full store are tried alone, once each', async () => {
    const full = new VaultError('ERR_QUOTA', 'full')
    const store = withFaults(
      await storeWith({ '/a': 1 }),
      refusing(() => full),
    )
    const db = await openVault(store)
    const outcomes = await Promise.allSettled([db.put('/a', 2), db.put('/b', 2)])
    const failed = { status: 'rejected', reason: { code: 'ERR_QUOTA', applied: 'no' } }
    expect(outcomes).toMatchObject([failed, failed])
    expect(store.requests.filter(({ request }) => request.kind === 'write')).toHaveLength(3)
  })

  test('one alone is not tried again', async () => {
    const full = new VaultError('ERR_QUOTA', 'full')
    const store = withFaults(
      await storeWith({ '/a': 1 }),
      refusing(() => full),
    )
    const db = await openVault(store)
    await expect(db.put('/a', 2)).rejects.toMatchObject({ code: 'ERR_QUOTA', applied: 'no' })
    expect(store.requests.filter(({ request }) => request.kind === 'write')).toHaveLength(1)
  })
})
