import { type BlobStore, errorCode, VaultError } from '@vaultdb/core'
import { type DecideFault, type Fault, type FaultRequest, type RequestRecord, withFaults } from '@vaultdb/core/testing'
import { describe, expect, test } from 'vitest'
import { createTestRuntime } from '../support/runtime.ts'
import { filler, inspect, openVault } from '../support/vault.ts'
import { documentsOf, increment, SCENARIOS, type Scenario, storeWith } from './scenarios.ts'

const isWrite = ({ kind }: FaultRequest): boolean => kind === 'write'

/** Strikes the attempts at one write, number `which` from 0, with one fault each; what follows passes. */
function faultsAt(which: number, faults: readonly Fault[]): DecideFault {
  let writes = -1
  let attempts = 0
  let struck: Extract<FaultRequest, { kind: 'write' }> | undefined
  return (request) => {
    if (request.kind !== 'write') return 'pass'
    if (++writes === which) struck = request
    const isAttempt = struck?.key === request.key && struck.expected === request.expected
    return isAttempt ? (faults[attempts++] ?? 'pass') : 'pass'
  }
}

/** A store below which something sends write number `which` a second time, and passes on the second answer. */
function resending(store: BlobStore, which: number): BlobStore {
  let writes = -1
  return {
    name: store.name,
    capabilities: store.capabilities,
    read: (key, options) => store.read(key, options),
    delete: (key, expected, options) => store.delete(key, expected, options),
    list: (prefix, options) => store.list(prefix, options),
    async write(key, data, expected, options) {
      if (++writes === which) await store.write(key, data, expected, options)
      return await store.write(key, data, expected, options)
    },
  }
}

const sentWrites = (requests: readonly RequestRecord[]): readonly RequestRecord[] =>
  requests.filter(({ request }) => isWrite(request))

async function expectAppliedOnce(scenario: Scenario, result: unknown, store: BlobStore): Promise<void> {
  expect(result).toEqual(scenario.result)
  expect(await documentsOf(store, scenario.key)).toEqual(scenario.documents)
}

describe.each(SCENARIOS)('$name', (scenario) => {
  test(`sends these writes: ${scenario.writes.join(', ')}`, async () => {
    const store = await scenario.prepare()
    const faulty = withFaults(store)
    await expectAppliedOnce(scenario, await scenario.act(faulty), store)
    expect(sentWrites(faulty.requests)).toHaveLength(scenario.writes.length)
  })

  describe.each(scenario.writes.map((write, index) => ({ write, index })))('write $index, the $write', ({ index }) => {
    test.each<Fault & string>(['lose-answer', 'drop'])('%s', async (fault) => {
      const store = await scenario.prepare()
      const faulty = withFaults(store, faultsAt(index, [fault]))
      await expectAppliedOnce(scenario, await scenario.act(faulty), store)
      expect(sentWrites(faulty.requests)).toHaveLength(scenario.writes.length + 1)
    })

    test('its answer is lost, and the next time it never arrives', async () => {
      const store = await scenario.prepare()
      const struck = faultsAt(index, ['lose-answer', 'drop', 'lose-answer'])
      await expectAppliedOnce(scenario, await scenario.act(withFaults(store, struck)), store)
    })

    test('it lands late, after the client went on', async () => {
      const store = await scenario.prepare()
      let wentOn: () => void = () => undefined
      const later = new Promise<void>((resolve) => {
        wentOn = resolve
      })
      const faulty = withFaults(store, faultsAt(index, [{ landAfter: later }]))
      const result = await scenario.act(faulty)
      wentOn()
      await faulty.landed()
      const late = faulty.requests.find(({ fault }) => typeof fault === 'object' && 'landAfter' in fault)
      expect(late?.done).toBe('no')
      await expectAppliedOnce(scenario, result, store)
    })

    test('something below the adapter sends it twice: a conflict is the first answer', async () => {
      const store = await scenario.prepare()
      await expectAppliedOnce(scenario, await scenario.act(resending(store, index)), store)
    })

    test.each(['ERR_QUOTA', 'ERR_UNAUTHORIZED', 'ERR_TOO_LARGE'] as const)(
      'its answer is lost, and sending it again is refused with %s: that settles nothing',
      async (code) => {
        const store = await scenario.prepare()
        const refusal = new VaultError(code, 'refused')
        const struck = faultsAt(index, ['lose-answer', refusal])
        await expectAppliedOnce(scenario, await scenario.act(withFaults(store, struck)), store)
      },
    )

    test.each<Fault & string>(['lose-answer', 'drop'])(
      '%s for ever: no error says more than is known',
      async (fault) => {
        const store = await scenario.prepare()
        const before = await documentsBefore(scenario, store)
        let writes = -1
        const faulty = withFaults(store, (request) => (isWrite(request) && ++writes >= index ? fault : 'pass'))
        const [outcome] = await Promise.allSettled([scenario.act(faulty)])
        if (scenario.name === 'create a vault' || scenario.key !== undefined) {
          if (outcome.status === 'rejected') expect(errorCode(outcome.reason)).toBe('ERR_OUTCOME_UNKNOWN')
          return
        }
        const after = await documentsOf(store, scenario.key)
        if (outcome.status === 'fulfilled') return await expectAppliedOnce(scenario, outcome.value, store)
        const { code, applied } = outcome.reason as VaultError
        if (applied === 'no') expect(after).toEqual(before)
        else expect(code).toBe('ERR_OUTCOME_UNKNOWN')
      },
    )
  })
})

async function documentsBefore(scenario: Scenario, store: BlobStore): Promise<unknown> {
  return scenario.name === 'create a vault' ? {} : await documentsOf(store)
}

describe('out of attempts', () => {
  const retry = { requestAttempts: 3 }

  test('the document was sent: nobody can tell, and the error says so', async () => {
    const store = await storeWith({ '/counter': { n: 1 } })
    const faulty = withFaults(store, (request) => (isWrite(request) ? 'drop' : 'pass'))
    const db = await openVault(faulty, { retry })
    await expect(db.update('/counter', increment)).rejects.toMatchObject({
      code: 'ERR_OUTCOME_UNKNOWN',
      applied: 'unknown',
    })
    expect(sentWrites(faulty.requests)).toHaveLength(3)
  })

  test('the document was never sent, because its marker could not be written: not applied', async () => {
    const scenario = SCENARIOS.find(({ name }) => name.startsWith('create a counter')) as Scenario
    const store = await scenario.prepare()
    const faulty = withFaults(store, (request) => (isWrite(request) ? 'lose-answer' : 'pass'))
    await expect(scenario.act(faulty)).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE', applied: 'no' })
    expect(new Set(sentWrites(faulty.requests).map(({ request }) => request.key))).toEqual(new Set(['shards/0']))
    const { documents } = await inspect(store)
    expect([...documents.keys()]).not.toContain('/new/directory/counter')
  })

  test('an abandoned write that lands after the same client has written again changes nothing', async () => {
    const store = await storeWith({ '/counter': { n: 1 } })
    let release: () => void = () => undefined
    const later = new Promise<void>((resolve) => {
      release = resolve
    })
    let stuck = true
    const faulty = withFaults(store, (request) => (isWrite(request) && stuck ? { landAfter: later } : 'pass'))
    const db = await openVault(faulty, { retry })
    await expect(db.put('/counter', { n: 100 })).rejects.toMatchObject({ code: 'ERR_OUTCOME_UNKNOWN' })
    stuck = false
    expect(await db.update('/counter', increment)).toEqual({ n: 2 })
    release()
    await faulty.landed()
    expect(await db.get('/counter')).toEqual({ n: 2 })
    expect(await db.update('/counter', increment)).toEqual({ n: 3 })
    expect(await documentsOf(store)).toEqual({ '/counter': { n: 3 } })
  })

  test('an abandoned write that lands before the same client writes again is built upon', async () => {
    const store = await storeWith({ '/counter': { n: 1 } })
    let attempts = 0
    const faulty = withFaults(store, (request) => (isWrite(request) && ++attempts <= 3 ? 'drop' : 'pass'))
    const lost = withFaults(store, (request) => (isWrite(request) ? 'lose-answer' : 'pass'))
    const [db, other] = [await openVault(faulty, { retry }), await openVault(lost, { retry: { requestAttempts: 1 } })]
    await expect(other.put('/counter', { n: 10 })).rejects.toMatchObject({ code: 'ERR_OUTCOME_UNKNOWN' })
    await expect(db.update('/counter', increment)).rejects.toMatchObject({ code: 'ERR_OUTCOME_UNKNOWN' })
    expect(await db.update('/counter', increment)).toEqual({ n: 11 })
    expect(await other.get('/counter')).toEqual({ n: 11 })
  })

  test('the log no longer reaches back to a lost write: nobody can tell', async () => {
    const store = await storeWith({ '/counter': { n: 0 } })
    const other = await openVault(store)
    const runtime = createTestRuntime(5)
    let lost = false
    const faulty = withFaults(store, (request) => {
      if (!isWrite(request) || lost) return 'pass'
      lost = true
      return 'lose-answer'
    })
    const db = await openVault(faulty, {
      runtime: {
        ...runtime,
        // While this client waits before it sends again, another one writes more often than the log remembers.
        async sleep() {
          for (let write = 0; write < 100; write++) await other.update('/counter', increment)
        },
      },
    })
    await expect(db.update('/counter', increment)).rejects.toMatchObject({
      code: 'ERR_OUTCOME_UNKNOWN',
      applied: 'unknown',
    })
    expect(await other.get('/counter')).toEqual({ n: 101 })
  })

  test('within the reach of the log it is told apart, whether or not it was applied', async () => {
    for (const fault of ['lose-answer', 'drop'] as const) {
      const store = await storeWith({ '/counter': { n: 0 } })
      const other = await openVault(store)
      let struck = false
      const faulty = withFaults(store, (request) => {
        if (!isWrite(request) || struck) return 'pass'
        struck = true
        return fault
      })
      const db = await openVault(faulty, {
        runtime: {
          ...createTestRuntime(5),
          async sleep() {
            for (let write = 0; write < 70; write++) await other.update('/counter', increment)
          },
        },
      })
      expect(await db.update('/counter', increment)).toEqual({ n: fault === 'drop' ? 71 : 1 })
      expect(await other.get('/counter')).toEqual({ n: 71 })
    }
  })
})

describe('a store that is full', () => {
  const full = new VaultError('ERR_QUOTA', 'full')
  const isCreation = (request: FaultRequest): boolean => request.kind === 'write' && request.expected === null

  test('refuses the siblings of a split: the write goes ahead unsplit', async () => {
    const documents = { '/a': { text: filler(700) }, '/b': { text: filler(700) } }
    const store = await storeWith({ '/a': documents['/a'] })
    const db = await openVault(withFaults(store, (request) => (isCreation(request) ? full : 'pass')))
    await db.put('/b', documents['/b'])
    await db.close()
    const { shards } = await inspect(store)
    expect(shards).toHaveLength(1)
    expect(await documentsOf(store)).toEqual(documents)
    const roomy = await openVault(store)
    await roomy.put('/c', 1)
    await roomy.close()
    expect((await inspect(store)).shards.length).toBeGreaterThan(1)
  })

  test('refuses one sibling of many: the bulk goes ahead unsplit', async () => {
    const store = await storeWith({})
    let creations = 0
    const db = await openVault(
      withFaults(store, (request) => (isCreation(request) && ++creations === 2 ? full : 'pass')),
    )
    const paths = ['/a', '/b', '/c', '/d']
    await db.write(paths.map((put) => ({ put, value: filler(900) })))
    await db.close()
    expect((await inspect(store)).shards).toHaveLength(1)
    expect(Object.keys(await documentsOf(store)).sort()).toEqual(paths)
  })

  test('refuses everything: the write fails, and the vault is as it was', async () => {
    const store = await storeWith({ '/a': { text: filler(700) } })
    const db = await openVault(withFaults(store, (request) => (isWrite(request) ? full : 'pass')))
    await expect(db.put('/b', { text: filler(700) })).rejects.toMatchObject({ code: 'ERR_QUOTA', applied: 'no' })
    expect(await db.list('/')).toEqual(['a'])
    expect(await documentsOf(store)).toEqual({ '/a': { text: filler(700) } })
  })

  test('refuses a large document: those that wait with it are written all the same', async () => {
    const store = await storeWith({ '/a': 1 })
    const limited = withFaults(store, (request) =>
      request.kind === 'write' && request.data.length > 8192 ? full : 'pass',
    )
    const db = await openVault(limited)
    const writes = [db.put('/small', 2), db.put('/large', filler(20_000)), db.remove('/a'), db.put('/other', 3)]
    const [small, large, removed, other] = await Promise.allSettled(writes)
    expect([small?.status, removed?.status, other?.status]).toEqual(['fulfilled', 'fulfilled', 'fulfilled'])
    expect(large).toMatchObject({ status: 'rejected', reason: { code: 'ERR_QUOTA', applied: 'no' } })
    expect(await documentsOf(store)).toEqual({ '/small': 2, '/other': 3 })
  })
})
