import { createMemoryStore, createMemoryWitness, type VaultDB, VaultError } from '@vaultdb/core'
import { type FaultRequest, withFaults } from '@vaultdb/core/testing'
import { describe, expect, test } from 'vitest'
import { internalsOf } from '../../src/database/internals.ts'
import { decorate } from '../../src/store/decorators/decorate.ts'
import { Director } from '../support/director.ts'
import { createTestRuntime } from '../support/runtime.ts'
import { createVault, filesOf, filler, inspect, openVault } from '../support/vault.ts'
import { documentsOf, increment, storeWith } from './scenarios.ts'

/** Aborts at the request with this number, from 0, of all that an operation sends; -1 before the first. */
async function abortedAt(
  documents: Readonly<Record<string, unknown>>,
  which: number,
  act: (db: VaultDB, signal: AbortSignal) => Promise<unknown>,
): Promise<{
  readonly outcome: PromiseSettledResult<unknown>
  readonly kind: string | undefined
  readonly after: unknown
}> {
  const store = await storeWith(documents)
  const director = new Director(() => 0)
  const abort = new AbortController()
  let sent = -1
  let kind: string | undefined
  const network = director.over(store)
  const faulty = withFaults(network, (request: FaultRequest) => {
    if (sent >= 0 && sent++ === which) {
      kind = request.kind
      abort.abort(new Error('enough'))
    }
    return 'pass'
  })
  const db = await director.run(openVault(faulty, { runtime: director.runtime(3) }))
  sent = 0
  if (which === -1) abort.abort(new Error('enough'))
  const [outcome] = await director.run(Promise.allSettled([act(db, abort.signal)]))
  // Whatever came of it, the database goes on.
  await director.run(db.put('/afterwards', true))
  await director.run(db.close())
  const after = await documentsOf(store)
  delete after['/afterwards']
  return { outcome, kind, after }
}

const many = Object.fromEntries(Array.from({ length: 6 }, (_, index) => [`/many/${index}/x`, filler(600)] as const))

const ACTS: readonly {
  readonly name: string
  readonly before: Readonly<Record<string, unknown>>
  readonly done: Readonly<Record<string, unknown>>
  act(db: VaultDB, signal: AbortSignal): Promise<unknown>
}[] = [
  {
    name: 'update',
    before: { '/counter': { n: 1 } },
    done: { '/counter': { n: 2 } },
    act: (db, signal) => db.update('/counter', increment, { signal }),
  },
  {
    name: 'put in new directories',
    before: many,
    done: { ...many, '/new/directory/x': 1 },
    act: (db, signal) => db.put('/new/directory/x', 1, { signal }),
  },
  {
    name: 'remove the last one',
    before: { ...many, '/new/directory/x': 1 },
    done: many,
    act: (db, signal) => db.remove('/new/directory/x', { signal }),
  },
  { name: 'prune', before: many, done: {}, act: (db, signal) => db.prune('/', { signal }) },
  {
    name: 'write',
    before: many,
    done: { '/x': 1, '/y': 2 },
    act: (db, signal) =>
      db.write([...Object.keys(many).map((remove) => ({ remove })), { put: '/x', value: 1 }, { put: '/y', value: 2 }], {
        signal,
      }),
  },
]

describe.each(ACTS)('$name, aborted', ({ before, done, act }) => {
  test('before it began: ERR_ABORTED, and nothing is sent', async () => {
    const { outcome, kind, after } = await abortedAt(before, -1, act)
    expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'ERR_ABORTED' } })
    expect([kind, after]).toEqual([undefined, before])
  })

  test('at each of its requests: the error is true, and its neighbours go on', async () => {
    for (let which = 0; ; which++) {
      const { outcome, kind, after } = await abortedAt(before, which, act)
      if (kind === undefined) {
        expect(which).toBeGreaterThan(0)
        expect([outcome.status, after]).toEqual(['fulfilled', done])
        break
      }
      if (outcome.status === 'fulfilled') {
        expect(after).toEqual(done)
        continue
      }
      const { code, applied, cause, results } = outcome.reason
      expect(['ERR_ABORTED', 'ERR_OUTCOME_UNKNOWN']).toContain(code)
      if (results === undefined) expect(cause).toEqual(new Error('enough'))
      if (code === 'ERR_ABORTED' && results === undefined) expect(['no', 'some']).toContain(applied)
      if (applied === 'no') expect(after).toEqual(before)
    }
  })
})

test.each([
  ['alone', []],
  ['beside a neighbour in the same write', ['/neighbour']],
] as const)('a put aborted while siblings of its split are created, %s, was never sent', async (_, neighbours) => {
  const documents = { '/1': filler(500), '/2': filler(400) }
  const store = await storeWith(documents)
  const director = new Director(() => 0)
  const abort = new AbortController()
  let isWatched = false
  const faulty = withFaults(director.over(store), ({ kind, key }) => {
    if (isWatched && kind === 'write' && key !== 'shards/0') abort.abort(new Error('enough'))
    return 'pass'
  })
  const db = await director.run(openVault(faulty, { runtime: director.runtime(3) }))
  isWatched = true
  const works = [db.put('/3', filler(400), { signal: abort.signal }), ...neighbours.map((path) => db.put(path, 1))]
  const [aborted, ...others] = await director.run(Promise.allSettled(works))
  expect(abort.signal.aborted).toBe(true)
  expect(aborted).toMatchObject({ status: 'rejected', reason: { code: 'ERR_ABORTED', applied: 'no' } })
  expect(others.every(({ status }) => status === 'fulfilled')).toBe(true)
  await director.run(db.close())
  expect(await documentsOf(store)).toEqual({ ...documents, ...Object.fromEntries(neighbours.map((path) => [path, 1])) })
})

/** A store in which another client always writes first to the shard that owns `path`. */
async function contestedAt(documents: Readonly<Record<string, unknown>>, path: string) {
  const store = await storeWith(documents)
  const rival = await openVault(store)
  await rival.find('/').toArray()
  const { manager } = internalsOf(rival).engine
  const cut = path.lastIndexOf('/') + 1
  const key = `shards/${manager.map.find(manager.router.keyOf(path.slice(0, cut), path.slice(cut)))}`
  const contested = decorate(store, {
    async write(...request: Parameters<typeof store.write>): Promise<string> {
      if (request[0] === key) await rival.update<{ n: number }>(path, increment)
      return await store.write(...request)
    },
  })
  return { store, contested }
}

test('a prune that gives up after it removed a part says so', async () => {
  const counted = { ...many, '/many/0/x': { n: 0, pad: filler(600) } }
  const giveUp: readonly [string, (abort: AbortController) => void, object][] = [
    ['ERR_ABORTED', (abort) => abort.abort(), {}],
    ['ERR_CONTENTION', () => undefined, { retry: { conflictAttempts: 3 } }],
  ]
  for (const [code, sleeping, options] of giveUp) {
    const { store, contested } = await contestedAt(counted, '/many/0/x')
    const abort = new AbortController()
    const runtime = {
      ...createTestRuntime(9),
      async sleep() {
        sleeping(abort)
      },
    }
    const db = await openVault(contested, { runtime, ...options })
    await expect(db.prune('/many/', { signal: abort.signal })).rejects.toMatchObject({ code, applied: 'some' })
    expect(Object.keys(await documentsOf(store))).toEqual(['/many/0/x'])
  }
})

test('a prune that can no longer read after it removed a part says so', async () => {
  const counted = { ...many, '/many/0/x': { n: 0, pad: filler(600) } }
  const { contested } = await contestedAt(counted, '/many/0/x')
  let broken = false
  const breaking = withFaults(contested, ({ kind }) => {
    if (kind === 'write') broken = true
    return broken && kind === 'read' ? new VaultError('ERR_UNAUTHORIZED', 'no longer') : 'pass'
  })
  const [outcome] = await Promise.allSettled([(await openVault(breaking)).prune('/many/')])
  expect(outcome).toMatchObject({ status: 'rejected', reason: { applied: expect.not.stringMatching(/^no$/) } })
})

test.each([
  ['a removal', '/kept', (db: VaultDB, signal: AbortSignal) => db.remove('/kept', { signal })],
  ['a prune', '/folder/kept', (db: VaultDB, signal: AbortSignal) => db.prune('/folder/', { signal })],
  ['an update', '/kept', (db: VaultDB, signal: AbortSignal) => db.update('/kept', () => null, { signal })],
] as const)('%s that is aborted takes back nothing of what began before it', async (_, path, act) => {
  const store = await storeWith({ '/there': 0 })
  const director = new Director(() => 0)
  const abort = new AbortController()
  const watched = withFaults(director.over(store), ({ kind }) => {
    if (kind === 'write') abort.abort(new Error('enough'))
    return 'pass'
  })
  const db = await director.run(openVault(watched, { runtime: director.runtime(3) }))
  const works = [db.put(path, 1), act(db, abort.signal), db.put('/neighbour', 2)]
  const outcomes = await director.run(Promise.allSettled(works))
  expect(outcomes).toMatchObject([
    { status: 'fulfilled' },
    { status: 'rejected', reason: { code: 'ERR_ABORTED', applied: 'no' } },
    { status: 'fulfilled' },
  ])
  expect(await documentsOf(store)).toEqual({ '/there': 0, [path]: 1, '/neighbour': 2 })
})

test('a prune that was refused in one shard and not heard of in another does not say that nothing was applied', async () => {
  const paths = Array.from({ length: 12 }, (_, index) => `/many/${index}`)
  const store = await storeWith(Object.fromEntries(paths.map((path) => [path, filler(300)])))
  let refuses = false
  let writes = 0
  const faulty = withFaults(store, ({ kind }) => {
    if (!refuses || kind !== 'write') return 'pass'
    return writes++ === 0 ? new VaultError('ERR_QUOTA', 'full') : 'lose-answer'
  })
  const db = await openVault(faulty, { retry: { requestAttempts: 1 } })
  refuses = true
  await expect(db.prune('/many/')).rejects.toMatchObject({ code: 'ERR_OUTCOME_UNKNOWN', applied: 'unknown' })
  expect(writes).toBeGreaterThan(1)
})

test('reads are aborted too, alone among those that share a request', async () => {
  const director = new Director(() => 0)
  const db = await director.run(openVault(director.over(await storeWith({ '/a': 1 }))))
  const abort = new AbortController()
  const aborted = [
    db.get('/a', { signal: abort.signal }),
    db.list('/', { signal: abort.signal }),
    db.find('/', { signal: abort.signal }).toArray(),
    db.entries('/', { signal: abort.signal }).toArray(),
  ]
  const neighbour = db.get('/a')
  abort.abort()
  const outcomes = await director.run(Promise.allSettled(aborted))
  expect(outcomes.map((each) => each.status === 'rejected' && each.reason.code)).toEqual(Array(4).fill('ERR_ABORTED'))
  expect(await director.run(neighbour)).toBe(1)
})

test('open and create can be aborted', async () => {
  const signal = AbortSignal.abort()
  await expect(openVault(await storeWith({}), { signal })).rejects.toMatchObject({ code: 'ERR_ABORTED' })
  const store = withFaults(createMemoryStore())
  await expect(createVault(store, { signal })).rejects.toMatchObject({ code: 'ERR_ABORTED' })
  expect(store.requests).toEqual([])
})

test('close waits for what is under way, the repair of the map included, and refuses what comes after', async () => {
  const store = await storeWith({})
  const director = new Director(() => 0)
  const db = await director.run(openVault(director.over(store), { runtime: director.runtime(4) }))
  const paths = Array.from({ length: 12 }, (_, index) => `/a/${index}`)
  const busy = [db.write(paths.map((put) => ({ put, value: filler(300) }))), db.get('/a/0'), db.prune('/nothing/')]
  const closing = db.close()
  expect(db.close()).toBe(closing)
  const refused = [
    db.get('/a'),
    db.put('/a', 1),
    db.update('/a', () => 1),
    db.remove('/a'),
    db.list('/'),
    db.find('/').toArray(),
    db.entries('/').toArray(),
    db.prune('/'),
    db.write([]),
    db.task(() => 1),
    db.changePassword('a', 'b'),
  ]
  for (const each of refused) await expect(each).rejects.toMatchObject({ code: 'ERR_CLOSED' })
  await director.run(closing)
  expect((await Promise.allSettled(busy)).map((each) => each.status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled'])
  const { documents, shards } = await inspect(store)
  expect(documents.size).toBe(12)
  const map = withFaults(store)
  await (await openVault(map)).find('/').toArray()
  expect(new Set(map.requests.map(({ request }) => request.key)).size).toBe(shards.length + 1)
  expect(map.requests.filter(({ request }) => request.key === 'vault')).toHaveLength(1) // no shard was missing from the map
})

test('the store stays open, and the database can be disposed of with `using`', async () => {
  const store = await storeWith({ '/a': 1 })
  const db = await openVault(store)
  await db[Symbol.asyncDispose]()
  await expect(db.get('/a')).rejects.toMatchObject({ code: 'ERR_CLOSED' })
  expect(await (await openVault(store)).get('/a')).toBe(1)
})

test('creation that stops anywhere is finished by whoever opens the vault', async () => {
  for (const stopped of [1, 2]) {
    const store = createMemoryStore()
    let writes = 0
    const dying = withFaults(store, ({ kind }) => (kind === 'write' && ++writes > stopped ? 'drop' : 'pass'))
    await expect(createVault(dying)).rejects.toMatchObject({ code: 'ERR_OUTCOME_UNKNOWN' })
    await expect(createVault(store, { runtime: createTestRuntime(2) })).rejects.toMatchObject({ code: 'ERR_EXISTS' })
    const [one, two] = await Promise.all([openVault(store), openVault(store)])
    await one.put('/a', 1)
    expect(await two.get('/a')).toBe(1)
    expect(await documentsOf(store)).toEqual({ '/a': 1 })
  }
})

test('of many that create a vault at once one wins, and the others are told', async () => {
  const store = createMemoryStore()
  const director = new Director((count) => count - 1)
  const creations = Array.from({ length: 5 }, (_, index) =>
    createVault(director.over(store), { runtime: director.runtime(index + 1) }),
  )
  const outcomes = await director.run(Promise.allSettled(creations))
  const codes = outcomes.map((each) => (each.status === 'rejected' ? each.reason.code : 'created')).sort()
  expect(codes).toEqual(['ERR_EXISTS', 'ERR_EXISTS', 'ERR_EXISTS', 'ERR_EXISTS', 'created'])
  expect(await documentsOf(store)).toEqual({})
})

describe('a creation that fails before anything was sent says that nothing was applied', () => {
  test('without WebCrypto', async () => {
    const { subtle: _, aes256Gcm: __, ...runtime } = createTestRuntime()
    const store = createMemoryStore()
    await expect(createVault(store, { runtime })).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED', applied: 'no' })
    expect((await filesOf(store)).size).toBe(0)
  })

  test('aborted beforehand', async () => {
    const aborted = createVault(createMemoryStore(), { signal: AbortSignal.abort() })
    await expect(aborted).rejects.toMatchObject({ code: 'ERR_ABORTED', applied: 'no' })
  })

  test('where a witness has seen a vault that is gone', async () => {
    const witness = createMemoryWitness()
    await (await createVault(createMemoryStore(), { witness })).close()
    const elsewhere = createVault(createMemoryStore(), { witness })
    await expect(elsewhere).rejects.toMatchObject({ code: 'ERR_ROLLBACK', applied: 'no' })
  })
})
