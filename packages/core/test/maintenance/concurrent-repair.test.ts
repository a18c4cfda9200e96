import { type BlobStore, createMemoryStore, type VaultDB } from '@vaultdb/core'
import { type CheckReport, check } from '@vaultdb/core/maintenance'
import { type Fault, type FaultRequest, withFaults } from '@vaultdb/core/testing'
import { describe, expect, test } from 'vitest'
import { Director } from '../support/director.ts'
import { numbersFrom } from '../support/runtime.ts'
import { createVault, filler, inspect, openVault } from '../support/vault.ts'
import { changesShard, crashAfter, createsSibling } from './crashes.ts'

const FULL = [1, 2, 3, 4].map((number) => ({ put: `/documents/${number}`, value: filler(200) }))
const split = (db: VaultDB): Promise<void> => db.put('/documents/more', filler(400))
const paths = [...FULL.map(({ put }) => put), '/documents/more']

/** A store with a vault whose only shard the next document splits. */
async function fullStore(): Promise<BlobStore> {
  const store = createMemoryStore()
  const db = await createVault(store)
  await db.write(FULL)
  await db.close()
  return store
}

/** A promise, and what resolves it. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

/** The store as one that deletes a file whatever its version, as some do. */
function withoutConditionalDelete(store: BlobStore): BlobStore {
  return {
    name: store.name,
    capabilities: { ...store.capabilities, conditionalDelete: false },
    read: (key, options) => store.read(key, options),
    write: (key, data, expected, options) => store.write(key, data, expected, options),
    list: (prefix, options) => store.list(prefix, options),
    async delete(key, _expected, options) {
      const blob = await store.read(key)
      if (blob !== null && blob !== 'unchanged') await store.delete(key, blob.version, options)
    },
  }
}

/**
 * A split stands still between its siblings and its commit until `meets` is true of a request of the one that repairs; then it
 * is carried through before that request is sent.
 */
async function splitBefore(
  meets: (request: FaultRequest) => boolean,
  conditionalDelete = true,
): Promise<{ readonly store: BlobStore; readonly report: CheckReport; readonly commits: number }> {
  const store = await fullStore()
  const [reached, go, over] = [gate(), gate(), gate()]
  const slow = withFaults(store, (request): Fault => {
    if (!changesShard(request)) return 'pass'
    reached.open()
    return { delayUntil: go.opened }
  })
  const splitting = openVault(slow).then(split).finally(over.open)
  await reached.opened
  let met = false
  const watched = withFaults(store, (request): Fault => {
    if (met || !meets(request)) return 'pass'
    met = true
    go.open()
    return { delayUntil: over.opened }
  })
  const db = await openVault(conditionalDelete ? watched : withoutConditionalDelete(watched))
  const report = await check(db, { repair: true })
  go.open()
  await splitting
  expect((await inspect(store)).documents.size).toBe(paths.length)
  return { store, report, commits: slow.requests.filter(({ request }) => changesShard(request)).length }
}

const isSibling = ({ key }: FaultRequest): boolean => key.startsWith('shards/') && key !== 'shards/0'

describe('a split under way while orphans are removed', () => {
  test('fails when the orphan is gone, and is done again under new ids', async () => {
    const { store, report, commits } = await splitBefore(() => false)
    expect(report.problems).toMatchObject([{ kind: 'orphan-shard', repaired: true }])
    expect(commits).toBe(2)
    expect((await check(await openVault(store))).problems).toEqual([])
  })

  const moments: readonly (readonly [string, (request: FaultRequest) => boolean, number])[] = [
    ['before files are listed', ({ kind }) => kind === 'list', 1],
    ['before the orphan is first looked at', (request) => request.kind === 'read' && isSibling(request), 1],
    ['before the shard that covers it is rewritten', changesShard, 1],
    ['before the orphan is deleted', ({ kind }) => kind === 'delete', 2],
  ]
  const cases = moments.flatMap(([when, ...rest]) => [
    [when, '', true, ...rest] as const,
    [when, ' where deletions are not conditional', false, ...rest] as const,
  ])
  test.each(cases)('committed %s%s, loses nothing', async (_when, _where, conditional, meets, expectedCommits) => {
    let met = false
    const { store, report, commits } = await splitBefore((request) => {
      met ||= meets(request)
      return meets(request)
    }, conditional)
    expect(met).toBe(true)
    expect(commits).toBe(expectedCommits)
    expect(report.problems.map(({ kind, repaired }) => ({ kind, repaired }))).toEqual([
      { kind: 'orphan-shard', repaired: expectedCommits === 2 },
    ])
    const later = await check(await openVault(store), { repair: true })
    expect(later.problems.filter(({ kind }) => kind !== 'stale-map')).toEqual([])
  })
})

describe('repairs among writers, in any order of requests', () => {
  test.each(Array.from({ length: 20 }, (_, seed) => seed))('order %i: nothing is lost', async (seed) => {
    const store = await fullStore()
    const before = await openVault(store)
    await before.put('/empty/soon', 1)
    await crashAfter(store, changesShard, (db) => db.remove('/empty/soon'))
    await crashAfter(store, createsSibling, split)
    const director = new Director(numbersFrom(seed))
    const open = (number: number): Promise<VaultDB> =>
      director.run(openVault(director.over(store), { runtime: director.runtime(100 * seed + number) }))
    const [repairer, writer, remover, adder] = [await open(1), await open(2), await open(3), await open(4)]
    const work = [
      check(repairer, { repair: true }),
      split(writer).then(() => check(writer, { repair: true })),
      remover.remove('/documents/1').then(() => remover.put('/late/document', filler(600))),
      adder.put('/empty/new', 2).then(() => adder.put('/empty/soon/below', 3)),
    ]
    await director.run(Promise.all(work))
    for (const db of [repairer, writer, remover, adder]) await director.run(db.close())
    const { documents } = await inspect(store)
    const expected = [
      ...paths.filter((path) => path !== '/documents/1'),
      '/late/document',
      '/empty/new',
      '/empty/soon/below',
    ]
    expect([...documents.keys()].sort()).toEqual(expected.sort())
    expect((await check(await openVault(store))).problems.filter(({ serious }) => serious)).toEqual([])
    await check(await openVault(store), { repair: true })
    expect((await check(await openVault(store))).problems).toEqual([])
  })
})

test('an orphan that somebody else removes while files are looked at is no problem', async () => {
  const store = await fullStore()
  await crashAfter(store, createsSibling, split)
  const other = await openVault(store)
  const watched = withFaults(store, (request): Fault => {
    return request.kind === 'read' && isSibling(request) ? { delayUntil: check(other, { repair: true }) } : 'pass'
  })
  expect((await check(await openVault(watched))).problems).toEqual([])
})

test('a map repair that began before check learned of another split does not stand in for its own', async () => {
  const store = await fullStore()
  const held = gate()
  const slow = withFaults(store, (request): Fault => {
    if (request.kind === 'list') {
      // Let the check come to where it repairs.
      setImmediate(() => setImmediate(held.open))
    }
    return request.kind === 'write' && request.key === 'vault' ? { delayUntil: held.opened } : 'pass'
  })
  const db = await openVault(slow)
  await split(db)
  await crashAfter(store, changesShard, (other) => other.put('/documents/again', filler(900)))
  const { problems } = await check(db, { repair: true })
  expect(problems.length).toBeGreaterThan(0)
  expect(new Set(problems.map(({ kind, repaired }) => `${kind} ${repaired}`))).toEqual(new Set(['stale-map true']))
  expect((await check(await openVault(store))).problems).toEqual([])
})

test('a marker that is needed again by the time it is removed stays', async () => {
  const store = await fullStore()
  const db = await openVault(store)
  await db.put('/empty/soon', 1)
  await crashAfter(store, changesShard, (other) => other.remove('/empty/soon'))
  const other = await openVault(store)
  let isFirst = true
  const watched = withFaults(store, (request): Fault => {
    if (!isFirst || !changesShard(request)) return 'pass'
    isFirst = false
    return { delayUntil: other.put('/empty/again', 2) }
  })
  await check(await openVault(watched), { repair: true })
  expect(isFirst).toBe(false)
  const { documents, markers } = await inspect(store)
  expect([...documents.keys()]).toContain('/empty/again')
  expect(markers).toContain('/empty/')
})
