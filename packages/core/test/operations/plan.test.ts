import { describe, expect, test } from 'vitest'
import type { AnyOperation } from '../../src/operations/operation.ts'
import { makePlan, type Plan } from '../../src/operations/plan.ts'
import { stateOf } from '../shards/states.ts'
import { change, LENIENT, prune, put, type Setting, STRICT, settingOf, split } from './planning.ts'

function planOf({ view }: Setting, ...operations: AnyOperation[]): Plan {
  const planned = makePlan(operations, view)
  if (planned.kind !== 'ready') throw new Error(`The plan is not ready: ${planned.kind}.`)
  return planned.plan
}

/** What a plan lacks: shards by the number of the operation that needs them. */
function needsOf({ view }: Setting, ...operations: AnyOperation[]): Record<number, string[]> {
  const planned = makePlan(operations, view)
  if (planned.kind !== 'needs') throw new Error(`The plan needs nothing: ${planned.kind}.`)
  return Object.fromEntries([...planned.needs].map(([each, ids]) => [operations.indexOf(each), [...ids].sort()]))
}

/** What the document phase writes, by shard: each document with its markers elsewhere, and those that go with it. */
function writesOf(setting: Setting, ...operations: AnyOperation[]): Record<string, unknown> {
  const writes = [...planOf(setting, ...operations).documentWrites].map(([id, effects]) => [
    id,
    effects.map(({ effect, markers, ownMarkers }) => [
      effect.path.path,
      markers.map(({ shard, change: { directory, name } }) => `${directory}${name} in ${shard.id}`),
      ownMarkers.map(({ change: { directory, name } }) => directory + name),
    ]),
  ])
  return Object.fromEntries(writes)
}

const staleIn = ({ view }: Setting, ...operations: AnyOperation[]): string[] => {
  const planned = makePlan(operations, view)
  return planned.kind === 'stale' ? [...planned.shards].sort() : []
}

const ITEMS = { '/a': 1, '/d/': null, '/d/x': 2, '/d/y': 3, '/e/': null, '/e/f/': null, '/e/f/x': 4 }
const CUTS = ['/d/*', '/e/*', '/e/f/*', '/g/*']

describe('a document needs its markers', () => {
  test('not where a document of its directory lies in the same base, nor at the top level', () => {
    const setting = settingOf(ITEMS, { cuts: CUTS })
    expect(writesOf(setting, put('/d/new', 1), put('/new', 1))).toEqual({
      '1': [['/d/new', [], []]],
      '0': [['/new', [], []]],
    })
  })

  test('not where it replaces or removes one', () => {
    const setting = settingOf({ '/g/x': 1, '/h/x': 1, '/h/y': 1 }, { cuts: CUTS })
    expect(writesOf(setting, put('/g/x', 2), put('/h/x', null))).toEqual({
      '4': [
        ['/g/x', [], []],
        ['/h/x', [], []],
      ],
    })
  })

  test('in other shards before it, in its own with it, whether or not they are there', () => {
    const setting = settingOf(ITEMS, { cuts: CUTS })
    expect(writesOf(setting, put('/e/new', 1))).toEqual({ '2': [['/e/new', ['/e/ in 0'], []]] })
    expect(writesOf(setting, put('/e/f/g/new', 1))).toEqual({
      '3': [['/e/f/g/new', ['/e/f/ in 2', '/e/ in 0'], ['/e/f/g/']]],
    })
    expect(writesOf(settingOf(ITEMS), put('/e/f/g/new', 1))).toEqual({
      '0': [['/e/f/g/new', [], ['/e/f/g/', '/e/f/', '/e/']]],
    })
  })

  test('though there is a document of its directory in another shard, or one that this plan puts', () => {
    const setting = settingOf({ '/d/': null, '/d/a': 1 }, { cuts: ['/d/*', '/d/m'] })
    expect(writesOf(setting, put('/d/n', 1), put('/d/o', 1))).toEqual({
      '2': [
        ['/d/n', ['/d/ in 0'], []],
        ['/d/o', ['/d/ in 0'], []],
      ],
    })
  })

  test('a marker is put without a document', () => {
    const [[planned] = []] = planOf(settingOf({}), put('/n/x', 1)).documentWrites.values()
    expect(planned?.ownMarkers.map((each) => each.change)).toEqual([{ directory: '/', name: 'n/', document: null }])
  })
})

describe('what makes no difference', () => {
  test('is not written', () => {
    const setting = settingOf(ITEMS, { cuts: CUTS })
    expect(writesOf(setting, put('/a', 1), put('/d/x', 5))).toEqual({ '1': [['/d/x', [], []]] })
    expect(writesOf(setting, put('/new/x', 1), put('/new/x', null))).toEqual({})
  })

  test('has to be confirmed by a request that is recent enough', () => {
    const setting = settingOf(ITEMS, { cuts: CUTS })
    expect(staleIn(setting, put('/a', 1, STRICT), put('/d/x', 2, LENIENT))).toEqual(['0'])
    expect(staleIn(setting, put('/a', 1), put('/d/x', 2))).toEqual([])
  })

  test('is confirmed by the write of a neighbour', () => {
    const setting = settingOf(ITEMS, { cuts: CUTS })
    expect(staleIn(setting, put('/d/x', 2, STRICT), put('/d/y', 5, STRICT))).toEqual([])
    expect(staleIn(setting, put('/a', 1, STRICT), put('/d/y', 5, STRICT))).toEqual(['0'])
  })

  test('is not confirmed by what the cache knows of a newer state', () => {
    const setting = settingOf(ITEMS, { cuts: CUTS })
    const [first] = setting.shards
    if (first === undefined) throw new Error('There is no shard.')
    const newer = { ...first, version: 'newer', state: stateOf({}, { ...first.state, seq: 2 }) }
    setting.manager.cache.take(newer, { sentTick: 5, sentAtMs: 500 })
    expect(staleIn(setting, put('/a', 1))).toEqual(['0'])
  })

  test('of a prune has to be confirmed in all its shards', () => {
    const setting = settingOf(ITEMS, { cuts: ['/d/*', '/g/*', '/g/m'] })
    expect(staleIn(setting, prune('/g/', STRICT))).toEqual(['2', '3'])
    expect(staleIn(setting, prune('/g/', LENIENT))).toEqual([])
    const spread = settingOf({ '/d/': null, '/d/x': 1, '/d/y': 1 }, { cuts: ['/d/*', '/d/m'] })
    expect(staleIn(spread, prune('/d/', STRICT))).toEqual([]) // the shard without any of it is fenced
  })
})

describe('what planning lacks', () => {
  test('is asked for by the operations that need it', () => {
    const setting = settingOf(ITEMS, { cuts: CUTS, missing: ['1', '4'] })
    const operations = [put('/d/x', 1), put('/a', 1), prune('/g/'), split('1')]
    const needs = needsOf(setting, ...operations)
    expect(needs).toEqual({ 0: ['1'], 2: ['1', '4'], 3: ['1'] })
  })

  test('are also the shards of the markers, at once, where the top level is known to lack the path', () => {
    const missing = ['1', '2', '3']
    const cuts = ['/new/*', '/new/deep/*', '/new/deep/er/*', '/x/*']
    const path = '/new/deep/er/x'
    expect(needsOf(settingOf(ITEMS, { cuts, missing }), put(path, 1))).toEqual({ 0: ['1', '2', '3'] })
    expect(needsOf(settingOf({ ...ITEMS, '/new/': null }, { cuts, missing }), put(path, 1))).toEqual({ 0: ['3'] })
    const unknown = settingOf(ITEMS, { cuts, missing: ['0', ...missing] })
    expect(needsOf(unknown, put(path, 1))).toEqual({ 0: ['3'] })
    expect(needsOf(unknown, put('/x', 1))).toEqual({ 0: ['0'] })
  })

  test('are no markers where the document is there to be decided on, and nothing is put', () => {
    const cuts = ['/new/*', '/new/deep/*', '/x/*']
    const failing = change('/new/deep/x', () => ({ kind: 'failed', error: new Error('no') }))
    expect(writesOf(settingOf(ITEMS, { cuts, missing: ['1', '3'] }), failing)).toEqual({})
  })

  test('are the markers of a document that turns out to be the first of its directory in its shard', () => {
    const setting = settingOf(ITEMS, { cuts: CUTS, missing: ['2'] })
    expect(needsOf(setting, put('/e/f/g/x', 1), put('/a', 2))).toEqual({ 0: ['2'] })
    expect(writesOf(setting, put('/e/f/g/x', null), put('/e/f/y', 1))).toEqual({ '3': [['/e/f/y', [], []]] })
  })

  test('is an error of those alone that need what cannot be read, and is heard of before anything is asked for', () => {
    const setting = settingOf(ITEMS, { cuts: CUTS, missing: ['4'] })
    const error = new Error('torn')
    setting.view.takeError('1', error)
    const operations = [put('/d/x', 1), put('/a', 1), put('/g/x', 1), prune('/d/')]
    const planned = makePlan(operations, setting.view)
    expect(planned).toEqual({
      kind: 'unreadable',
      errors: new Map([
        [operations[0], error],
        [operations[3], error],
      ]),
    })
  })

  test('asks no function before all documents are there', () => {
    let calls = 0
    const count = change('/a', () => {
      calls++
      return { kind: 'document', document: null }
    })
    const setting = settingOf(ITEMS, { cuts: CUTS, missing: ['1'] })
    expect(needsOf(setting, count, put('/d/x', 1))).toEqual({ 1: ['1'] })
    expect(calls).toBe(0)
  })

  test('are the answers of functions', () => {
    const ready = Promise.resolve()
    const asking = change('/a', () => ({ kind: 'pending', ready }))
    expect(makePlan([asking, put('/d/x', 1)], settingOf(ITEMS).view)).toEqual({
      kind: 'pending',
      pending: new Map([[asking, ready]]),
    })
  })
})

describe('a split', () => {
  const setting = settingOf(ITEMS, { cuts: CUTS, outgrown: ['1'] })

  test('rewrites a shard that has outgrown its size, and no other', () => {
    expect(writesOf(setting, split('1'))).toEqual({ '1': [] })
    expect(writesOf(setting, split('2'))).toEqual({})
    expect(writesOf(setting, put('/d/x', 5))).toEqual({ '1': [['/d/x', [], []]] })
  })

  test('rides in the write of others', () => {
    expect(writesOf(setting, put('/d/x', 5), split('1'))).toEqual({ '1': [['/d/x', [], []]] })
  })

  test('of a shard that cannot be read is nothing', () => {
    const torn = settingOf(ITEMS, { cuts: CUTS, outgrown: ['1'] })
    torn.view.takeError('1', new Error('torn'))
    expect(writesOf(torn, split('1'))).toEqual({})
  })
})
