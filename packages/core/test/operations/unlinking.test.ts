import { describe, expect, test } from 'vitest'
import type { AnyOperation } from '../../src/operations/operation.ts'
import { makePlan } from '../../src/operations/plan.ts'
import type { Unlinking } from '../../src/operations/unlinking.ts'
import { change, prune, put, type Setting, STRICT, settingOf, unlink } from './planning.ts'

function unlinkingOf({ view }: Setting, ...operations: AnyOperation[]): Unlinking {
  const planned = makePlan(operations, view)
  if (planned.kind !== 'ready') throw new Error(`The plan is not ready: ${planned.kind}.`)
  return planned.plan.unlinking
}

const unlinksOf = (setting: Setting, ...operations: AnyOperation[]) =>
  unlinkingOf(setting, ...operations).unlinks.map(({ directory, fences, children }) => [
    directory,
    [...fences],
    children,
  ])

/** Shards that the document phase writes without a document. */
function fencesOf({ view }: Setting, ...operations: AnyOperation[]): string[] {
  const planned = makePlan(operations, view)
  if (planned.kind !== 'ready') throw new Error(`The plan is not ready: ${planned.kind}.`)
  return [...planned.plan.documentWrites].filter(([, effects]) => effects.length === 0).map(([id]) => id)
}

const DEEP = { '/a': 1, '/d/': null, '/d/e/': null, '/d/e/f/': null, '/d/e/f/x': 2 }

describe('a directory is unlinked', () => {
  test('with its last document, and so is each that this leaves empty, deepest first', () => {
    expect(unlinksOf(settingOf(DEEP), put('/d/e/f/x', null))).toEqual([
      ['/d/e/f/', ['0'], []],
      ['/d/e/', ['0'], ['/d/e/f/']],
      ['/d/', ['0'], ['/d/e/']],
    ])
  })

  test('up to the one that holds something else', () => {
    expect(unlinksOf(settingOf({ ...DEEP, '/d/y': 1 }), put('/d/e/f/x', null))).toEqual([
      ['/d/e/f/', ['0'], []],
      ['/d/e/', ['0'], ['/d/e/f/']],
    ])
    expect(unlinksOf(settingOf({ ...DEEP, '/d/e/g/': null }), put('/d/e/f/x', null))).toEqual([['/d/e/f/', ['0'], []]])
  })

  test('not while a directory below it is linked', () => {
    const setting = settingOf({ '/d/': null, '/d/x': 1, '/d/e/': null, '/d/e/y': 1 })
    expect(unlinksOf(setting, put('/d/x', null))).toEqual([])
  })

  test('with several documents of one plan, not with some of them', () => {
    const setting = settingOf({ '/d/': null, '/d/x': 1, '/d/y': 2, '/d/z': 3 })
    const [x, y, z] = [put('/d/x', null), put('/d/y', null), put('/d/z', null)]
    expect(unlinksOf(setting, x, y, z)).toEqual([['/d/', ['0'], []]])
    expect(unlinksOf(setting, x, z)).toEqual([])
  })

  test('with several directories below it', () => {
    const items = { '/d/': null, '/d/a/': null, '/d/a/x': 1, '/d/b/': null, '/d/b/c/': null, '/d/b/c/x': 1 }
    const operations = [put('/d/a/x', null), put('/d/b/c/x', null)]
    expect(unlinksOf(settingOf(items), ...operations)).toEqual([
      ['/d/b/c/', ['0'], []],
      ['/d/a/', ['0'], []],
      ['/d/b/', ['0'], ['/d/b/c/']],
      ['/d/', ['0'], ['/d/a/', '/d/b/']],
    ])
    expect(unlinksOf(settingOf(items), operations[0] as AnyOperation)).toEqual([['/d/a/', ['0'], []]])
  })

  test('by a prune, with all below', () => {
    const operation = prune('/d/')
    const setting = settingOf({ ...DEEP, '/d/g/': null })
    expect(unlinksOf(setting, operation).map(([directory]) => directory)).toEqual(['/d/e/f/', '/d/e/', '/d/g/', '/d/'])
    const { candidates } = unlinkingOf(setting, operation)
    expect([...(candidates.get(operation) ?? [])].sort()).toEqual(['/d/', '/d/e/', '/d/e/f/', '/d/g/'])
  })

  test('never at the top level', () => {
    const setting = settingOf({ '/x': 1 })
    for (const operations of [[put('/x', null)], [prune('/')], [unlink(['/'])]]) {
      const { unlinks, candidates } = unlinkingOf(setting, ...operations)
      expect([unlinks.length, candidates.size]).toEqual([0, 0])
    }
  })
})

describe('a directory that lies in several shards', () => {
  const CUTS = ['/d/*', '/d/m', '/d/t']

  test('is fenced in all of them', () => {
    const setting = settingOf({ '/d/': null, '/d/x': 1 }, { cuts: CUTS })
    const operation = put('/d/x', null)
    expect(unlinksOf(setting, operation)).toEqual([['/d/', ['1', '2', '3'], []]])
    expect(fencesOf(setting, operation)).toEqual(['1', '2'])
  })

  test('is looked at again where something is left in a shard that the plan does not empty', () => {
    const setting = settingOf({ '/d/': null, '/d/a': 1, '/d/x': 1 }, { cuts: CUTS })
    const { unlinks, recheck } = unlinkingOf(setting, put('/d/x', null))
    expect([unlinks, [...recheck]]).toEqual([[], ['/d/']])
  })

  test('is looked at again where only its marker below was in a shard that the plan empties', () => {
    const items = { '/d/': null, '/d/a': 1, '/d/p/': null, '/d/p/x': 1 }
    const { unlinks, recheck } = unlinkingOf(settingOf(items, { cuts: CUTS }), put('/d/p/x', null))
    expect([unlinks.map(({ directory }) => directory), [...recheck]]).toEqual([['/d/p/'], ['/d/']])
  })

  test('is not looked at again where one of the shards that are emptied in part holds something', () => {
    const items = { '/d/': null, '/d/a': 1, '/d/b': 1, '/d/x': 1 }
    const both = [put('/d/a', null), put('/d/x', null)]
    for (const operations of [both, [...both].reverse()]) {
      expect(unlinkingOf(settingOf(items, { cuts: CUTS }), ...operations).recheck.size).toBe(0)
    }
    const several = { ...items, '/d/n': 1 }
    for (const each of [items, several]) {
      const { recheck } = unlinkingOf(settingOf(each, { cuts: CUTS }), put('/d/a', null), unlink(['/d/']))
      expect(recheck.size).toBe(0)
    }
  })

  test('is left alone where something is left in the shard of what is removed; no other is asked for', () => {
    const setting = settingOf({ '/d/': null, '/d/x': 1, '/d/y': 1 }, { cuts: CUTS, missing: ['1', '2'] })
    const { unlinks, recheck, kept } = unlinkingOf(setting, put('/d/x', null))
    expect([unlinks.length, recheck.size, kept.size]).toEqual([0, 0, 0])
  })

  test('is looked at in all of them otherwise', () => {
    const setting = settingOf({ '/d/': null, '/d/x': 1 }, { cuts: CUTS, missing: ['1', '2'] })
    const operation = put('/d/x', null)
    expect(makePlan([operation], setting.view)).toEqual({
      kind: 'needs',
      needs: new Map([[operation, new Set(['1', '2'])]]),
    })
  })

  test('whose marker is in a shard that is not there needs it', () => {
    const setting = settingOf({ '/d/': null, '/d/x': 1 }, { cuts: ['/d/*'], missing: ['0'] })
    const operation = put('/d/x', null)
    expect(makePlan([operation], setting.view)).toEqual({
      kind: 'needs',
      needs: new Map([[operation, new Set(['0'])]]),
    })
  })

  test('is kept by what a prune leaves alone', () => {
    const setting = settingOf({ '/d/': null, '/d/a': 1, '/d/x': 1 }, { cuts: CUTS })
    const operation = prune('/d/')
    operation.removed.add('/d/a')
    const { unlinks, recheck, kept } = unlinkingOf(setting, operation)
    expect([unlinks, recheck.size, [...kept]]).toEqual([[], 0, ['/d/']])
  })
})

describe('a directory that this plan fills', () => {
  test('is kept, and so are those above it', () => {
    const operations = [put('/d/e/f/x', null), put('/d/new/y', 1)]
    const { unlinks, kept, candidates } = unlinkingOf(settingOf(DEEP), ...operations)
    expect(unlinks.map(({ directory }) => directory)).toEqual(['/d/e/f/', '/d/e/'])
    expect([...kept]).toEqual(['/d/'])
    expect(candidates.get(operations[0] as AnyOperation)).toEqual(new Set(['/d/e/f/', '/d/e/', '/d/']))
    expect(candidates.has(operations[1] as AnyOperation)).toBe(false)
  })

  test('is kept where a document is put anew in place of the last', () => {
    const { unlinks, kept } = unlinkingOf(settingOf(DEEP), put('/d/e/f/x', null), put('/d/e/f/y', 1))
    expect([unlinks, [...kept]]).toEqual([[], ['/d/e/f/']])
  })
})

test('a directory in which a document is replaced is no candidate', () => {
  const { candidates, kept } = unlinkingOf(settingOf({ '/d/': null, '/d/x': 1 }), put('/d/x', 2))
  expect([candidates.size, kept.size]).toEqual([0, 0])
})

describe('removing what is absent', () => {
  test('unlinks an empty directory that a crash left linked', () => {
    const empty = { '/d/': null, '/d/e/': null }
    expect(unlinksOf(settingOf(empty), put('/d/e/x', null)).map(([directory]) => directory)).toEqual(['/d/e/', '/d/'])
    expect(unlinksOf(settingOf(empty), prune('/d/e/')).map(([directory]) => directory)).toEqual(['/d/e/', '/d/'])
  })

  test('unlinks what is above a directory that has no marker itself', () => {
    expect(unlinksOf(settingOf({ '/d/': null }), put('/d/e/f/x', null))).toEqual([['/d/', ['0'], []]])
  })

  test('leaves alone what is above and holds something', () => {
    const { unlinks, recheck } = unlinkingOf(settingOf({ '/d/': null, '/d/y': 1 }), put('/d/e/x', null))
    expect([unlinks.length, recheck.size]).toEqual([0, 0])
  })

  test('writes nothing where no marker is', () => {
    const { unlinks, unmarked, recheck } = unlinkingOf(settingOf({ '/a': 1 }), put('/d/e/x', null))
    expect([unlinks.length, unmarked.size, recheck.size]).toEqual([0, 0, 0])
  })

  test('is not what an update does that fails, or leaves alone what is absent after a put', () => {
    const setting = settingOf({ '/d/': null })
    const failing = change('/d/x', () => ({ kind: 'failed', error: new Error('no') }))
    const { unlinks, candidates } = unlinkingOf(setting, failing)
    expect([unlinks.length, candidates.size]).toEqual([0, 0])
  })

  test('is what a removal comes to though an update after it fails', () => {
    const failing = change('/d/x', () => ({ kind: 'failed', error: new Error('no') }))
    expect(unlinksOf(settingOf({ '/d/': null, '/d/x': 1 }), put('/d/x', null), failing)).toEqual([['/d/', ['0'], []]])
  })

  test('is what a put and its removal come to, for both', () => {
    const operations = [put('/d/x', 1), put('/d/x', null)]
    const { unlinks, candidates } = unlinkingOf(settingOf({ '/d/': null }), ...operations)
    expect(unlinks.map(({ directory }) => directory)).toEqual(['/d/'])
    for (const each of operations) expect(candidates.get(each)).toEqual(new Set(['/d/']))
  })

  test('is what a prune does to what was put before it', () => {
    const operations = [put('/d/x', 1), prune('/d/')]
    const { candidates } = unlinkingOf(settingOf({ '/d/': null }), ...operations)
    for (const each of operations) expect(candidates.get(each)).toEqual(new Set(['/d/']))
  })
})

describe('a directory that held something and has no marker', () => {
  const items = { '/d/e/': null, '/d/e/x': 1 }

  test('is named with the shard that should have it, and those above are looked at', () => {
    const setting = settingOf(items, { cuts: ['/d/*', '/d/e/*'] })
    const { unlinks, unmarked } = unlinkingOf(setting, put('/d/e/x', null))
    expect(unlinks.map(({ directory }) => directory)).toEqual(['/d/e/'])
    expect([...unmarked]).toEqual([['/d/', '0']])
  })

  test('is named also where it lay in one of several shards', () => {
    const setting = settingOf({ '/d/x': 1 }, { cuts: ['/d/*', '/d/m'] })
    expect([...unlinkingOf(setting, put('/d/x', null)).unmarked]).toEqual([['/d/', '0']])
  })

  test('has that shard confirmed', () => {
    const setting = settingOf(items, { cuts: ['/d/*', '/d/e/*'] })
    expect(makePlan([put('/d/e/x', null, STRICT)], setting.view)).toEqual({ kind: 'stale', shards: new Set(['0']) })
  })
})

describe('an unlinking by itself', () => {
  test('unlinks what is empty, and above', () => {
    expect(unlinksOf(settingOf({ '/d/': null, '/d/e/': null }), unlink(['/d/e/']))).toEqual([
      ['/d/e/', ['0'], []],
      ['/d/', ['0'], ['/d/e/']],
    ])
  })

  test('names the shards that hold something as evidence, which have to be confirmed', () => {
    const items = { '/d/': null, '/d/a': 1, '/d/x': 1, '/e/': null }
    const cuts = ['/d/*', '/d/m', '/d/t']
    const operation = unlink(['/d/', '/e/'])
    const { unlinks, evidence, recheck } = unlinkingOf(settingOf(items, { cuts }), operation)
    expect(unlinks.map(({ directory }) => directory)).toEqual(['/e/'])
    expect([...evidence]).toEqual([[operation, new Set(['1', '3'])]])
    expect(recheck.size).toBe(0)
    const strict = unlink(['/d/'], STRICT)
    expect(makePlan([strict], settingOf(items, { cuts }).view)).toEqual({ kind: 'stale', shards: new Set(['1', '3']) })
  })

  test('looks at all shards, also where a removal beside it needs only one', () => {
    const cuts = ['/d/*', '/d/m']
    const items = { '/d/': null, '/d/x': 1, '/d/y': 1 }
    const operations = [put('/d/x', null), unlink(['/d/'])]
    const { evidence, candidates } = unlinkingOf(settingOf(items, { cuts }), ...operations)
    expect([...evidence.values()]).toEqual([new Set(['2'])])
    expect([...candidates.keys()]).toEqual(operations)
  })
})
