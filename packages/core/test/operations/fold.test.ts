import { describe, expect, test } from 'vitest'
import { type Folded, fold, makesADifference } from '../../src/operations/fold.ts'
import type { AnyOperation, Decision, Prune } from '../../src/operations/operation.ts'
import { type Subtree, subtreeOf } from '../../src/operations/subtree.ts'
import { Lacks } from '../../src/operations/view.ts'
import { change, documentOf, prune, put, type Setting, settingOf } from './planning.ts'

const ITEMS = { '/a': 1, '/d/': null, '/d/x': 2, '/d/y': 3, '/d/e/': null, '/d/e/z': 4, '/f/': null, '/f/x': 5 }

function foldIn({ view }: Setting, operations: readonly AnyOperation[], lacks: Lacks = new Lacks()): Folded {
  const subtrees = new Map<Prune, Subtree>()
  for (const each of operations) if (each.kind === 'prune') subtrees.set(each, subtreeOf(each.directory, view))
  return fold(operations, subtrees, view, lacks)
}

/** The documents that the effects leave, by path. */
const leftBy = ({ effects }: Folded): Record<string, unknown> =>
  Object.fromEntries([...effects].map(([path, { after }]) => [path, after?.toValue() ?? null]))

const prunedBy = (folded: Folded, operation: Prune): string[] | undefined =>
  folded.pruned.get(operation)?.effects.map(({ path }) => path.path)

describe('an effect makes a difference', () => {
  const [one, alsoOne, two] = [documentOf(1), documentOf(1), documentOf(2)]

  test.each([
    [null, null, false],
    [null, one, true],
    [one, null, true],
    [one, one, false],
    [one, alsoOne, false],
    [one, two, true],
  ])('from %j to %j: %j', (before, after, expected) => {
    const { effects } = foldIn(settingOf({}), [put('/a', 1)])
    const [effect] = effects.values()
    if (effect === undefined) throw new Error('There is no effect.')
    expect(makesADifference({ ...effect, before, after })).toBe(expected)
  })
})

describe('changes of one document', () => {
  test('see what those before them left, and make one effect', () => {
    const seen: unknown[] = []
    const add = (amount: number) =>
      change('/a', (current) => {
        seen.push(current?.toValue())
        return { kind: 'document', document: documentOf((current?.toValue() as number) + amount) }
      })
    const operations = [add(10), add(100)]
    const folded = foldIn(settingOf(ITEMS), operations)
    expect(seen).toEqual([1, 11])
    expect(leftBy(folded)).toEqual({ '/a': 111 })
    const [effect] = folded.effects.values()
    expect(effect?.before?.toValue()).toBe(1)
    expect([...(effect?.operations ?? [])]).toEqual(operations)
    expect(operations.map((each) => folded.outcomes.get(each))).toMatchObject([
      { kind: 'changed', before: { text: '1' }, after: { text: '11' } },
      { kind: 'changed', before: { text: '11' }, after: { text: '111' } },
    ])
  })

  test('of which one fails leave what the others did; it hangs on their write all the same', () => {
    const error = new Error('no')
    const operations = [put('/a', 2), change('/a', () => ({ kind: 'failed', error })), put('/b', 3)]
    const folded = foldIn(settingOf(ITEMS), operations)
    expect(leftBy(folded)).toEqual({ '/a': 2, '/b': 3 })
    expect(folded.outcomes.get(operations[1] as never)).toEqual({ kind: 'failed', error })
    expect([...(folded.effects.get('/a')?.operations ?? [])]).toEqual(operations.slice(0, 2))
  })

  test('of which one is not decided wait for it, and only it is pending', () => {
    const ready = Promise.resolve()
    const decision: Decision = { kind: 'pending', ready }
    const operations = [change('/a', () => decision), put('/b', 3)] as const
    const folded = foldIn(settingOf(ITEMS), operations)
    expect([...folded.pending]).toEqual([[operations[0], ready]])
    expect(folded.outcomes.has(operations[0])).toBe(false)
    expect(folded.effects.get('/a')?.operations.size).toBe(0)
    expect(leftBy(folded)).toEqual({ '/a': 1, '/b': 3 })
  })

  test('lie in the shard that owns them', () => {
    const folded = foldIn(settingOf(ITEMS, { cuts: ['/d/*'] }), [put('/a', 2), put('/d/new', 3)])
    expect([...folded.effects.values()].map(({ shard, before }) => [shard.id, before?.text])).toEqual([
      ['0', '1'],
      ['1', undefined],
    ])
  })

  test('a marker of the same name is no document', () => {
    const { effects } = foldIn(settingOf({ '/d/': null }), [put('/d', 1)])
    expect(effects.get('/d')?.before).toBeNull()
  })
})

describe('a prune', () => {
  test('takes all below its directory, and nothing beside', () => {
    const operation = prune('/d/')
    const folded = foldIn(settingOf(ITEMS), [operation])
    expect(leftBy(folded)).toEqual({ '/d/x': null, '/d/y': null, '/d/e/z': null })
    expect(prunedBy(folded, operation)).toEqual(['/d/x', '/d/y', '/d/e/z'])
    expect(folded.pruned.get(operation)).toMatchObject({ directories: ['/d/', '/d/e/'], shards: new Set(['0']) })
    for (const { operations } of folded.effects.values()) expect([...operations]).toEqual([operation])
  })

  test('takes what was put below it before, and not what is put after', () => {
    const operation = prune('/d/')
    const operations = [put('/d/new', 1), put('/new', 1), operation, put('/d/x', 9)]
    const folded = foldIn(settingOf(ITEMS), operations)
    expect(prunedBy(folded, operation)).toEqual(['/d/x', '/d/y', '/d/e/z', '/d/new'])
    expect(leftBy(folded)).toEqual({ '/d/new': null, '/new': 1, '/d/x': 9, '/d/y': null, '/d/e/z': null })
  })

  test('counts no document that was removed before it in the plan', () => {
    const [first, second] = [prune('/d/'), prune('/d/e/')]
    const folded = foldIn(settingOf(ITEMS), [put('/d/x', null), first, second])
    expect(prunedBy(folded, first)).toEqual(['/d/y', '/d/e/z'])
    expect(prunedBy(folded, second)).toEqual([])
  })

  test('leaves alone what it has removed before: whoever made it anew did so after it', () => {
    const operation = prune('/d/')
    operation.removed.add('/d/x')
    const folded = foldIn(settingOf(ITEMS), [operation])
    expect(prunedBy(folded, operation)).toEqual(['/d/y', '/d/e/z'])
    expect(leftBy(folded)).toMatchObject({ '/d/x': 2 })
    expect(folded.effects.get('/d/x')?.operations.size).toBe(0)
  })
})

test('what lacks a shard is named, and the others are folded without it', () => {
  const subtrees = new Map<Prune, Subtree>()
  const lacking = [put('/f/x', 1), prune('/f/')] as const
  subtrees.set(lacking[1], { directories: ['/f/'], shards: new Set(['1']), paths: ['/f/x'] })
  const setting = settingOf(ITEMS, { cuts: ['/f/*'], missing: ['1'] })
  const lacks = new Lacks()
  const folded = fold([...lacking, put('/a', 2)], subtrees, setting.view, lacks)
  expect([...lacks.needs]).toEqual(lacking.map((each) => [each, new Set(['1'])]))
  expect(leftBy(folded)).toEqual({ '/a': 2 })
  expect(folded.pruned.size).toBe(0)
})
