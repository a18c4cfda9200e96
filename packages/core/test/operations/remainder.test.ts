import { describe, expect, test } from 'vitest'
import { VaultError } from '../../src/errors.ts'
import { Execution } from '../../src/operations/execution.ts'
import type { AnyOperation, Change } from '../../src/operations/operation.ts'
import { makePlan } from '../../src/operations/plan.ts'
import type { LoadedShard } from '../../src/shards/cache.ts'
import type { ItemChange } from '../../src/shards/change.ts'
import type { ShardManager, ShardWriteOutcome } from '../../src/shards/manager.ts'
import { keyOf, type Setting, settingOf } from './planning.ts'
import { endOf, prune, put, remove, split, textOf, unlink, writtenOn } from './watched.ts'

/** What is left of a plan after it was carried out, whatever becomes of each of its writes. */

const DENIED = new VaultError('ERR_UNAUTHORIZED', 'no')
const FULL = new VaultError('ERR_QUOTA', 'full')
const LARGE = new VaultError('ERR_TOO_LARGE', 'too large')
const refusal = (error: VaultError): ShardWriteOutcome => ({ kind: 'refused', error })
const CONFLICT: ShardWriteOutcome = { kind: 'conflict' }
const SUPERSEDED: ShardWriteOutcome = { kind: 'superseded' }
const UNKNOWN: ShardWriteOutcome = { kind: 'unknown', error: new VaultError('ERR_UNAVAILABLE', 'lost') }

interface Circumstances {
  /** What becomes of a write, by its text; it is done if nothing is said. May do something else meanwhile. */
  readonly answer?: (write: string) => ShardWriteOutcome | undefined
  /** Happens when the plan is made and nothing of it is done. */
  readonly before?: () => void
  /** Shards that are too large when they are written. */
  readonly outgrown?: readonly string[]
}

/** Plans and carries out. */
async function carryOut(setting: Setting, operations: readonly AnyOperation[], circumstances: Circumstances = {}) {
  const { manager, view } = setting
  const planned = makePlan(operations, view)
  if (planned.kind !== 'ready') throw new Error(`The plan is not ready: ${planned.kind}.`)
  circumstances.before?.()
  const writes: string[] = []
  const large = new Set<unknown>()
  Object.assign(manager, {
    outgrown: (state: unknown) => large.has(state),
    async write(
      base: LoadedShard,
      changes: readonly ItemChange[],
      { split: mayBeSplit, isWanted }: Parameters<ShardManager['write']>[2],
    ): Promise<ShardWriteOutcome> {
      if (isWanted?.() === false) return { kind: 'withdrawn' }
      const write = textOf(base, changes, mayBeSplit)
      writes.push(write)
      const outcome = circumstances.answer?.(write)
      if (outcome !== undefined) return outcome
      const written = writtenOn(base, changes)
      if (circumstances.outgrown?.includes(base.id)) large.add(written.state)
      return { kind: 'done', shards: [written] }
    },
  })
  const execution = new Execution(planned.plan, operations, view, new AbortController().signal, () => undefined)
  const { again, directories, held, ...rest } = await execution.run()
  // Who gave up is not planned again, wherever it is named.
  return { writes, again: again.filter(({ over }) => !over), directories: [...directories], held, ...rest }
}

/** Answers the first write that is this one, and lets all others be done. */
const only = (wanted: string, outcome: ShardWriteOutcome) => (write: string) => (write === wanted ? outcome : undefined)

/** An operation fails while markers are written. */
const givingUp = (operation: Change): Circumstances => ({
  answer: (write) => {
    if (!write.startsWith('/')) operation.fail(DENIED)
    return undefined
  },
})

/** The top level, `/d/` and `/e/` in a shard each. */
const APART = { '/there': 1, '/d/': null, '/d/x': 1, '/e/': null, '/e/x': 1, '/e/y': 2 }
const apart = (): Setting => settingOf(APART, { cuts: ['/d/*', '/e/*'] })

/** `/d/` in two shards, behind the top level. */
const across = (items: Readonly<Record<string, unknown>>): Setting =>
  settingOf({ '/there': 1, ...items }, { cuts: ['/d/*', '/d/m'] })

const NOTHING_LEFT = { again: [], directories: [], held: [], full: null }

describe('markers', () => {
  test('that one shard lacks are written together, before the document', async () => {
    const create = put('/a/b/x', 1)
    const { writes } = await carryOut(settingOf({ '/there': 1 }, { cuts: ['/a/b/*'] }), [create])
    expect(writes).toEqual(['0: +/a/ +/a/b/', '/1: +/a/b/x'])
    expect(endOf(create)).toBe('done')
  })

  test('in the shard of the document are written with it, if they are not there', async () => {
    const setting = (items: Readonly<Record<string, unknown>>) => settingOf({ '/there': 1, ...items })
    expect((await carryOut(setting({ '/d/': null, '/d/e/': null }), [put('/d/e/x', 1)])).writes).toEqual([
      '/0: +/d/e/x',
    ])
    expect((await carryOut(setting({ '/d/': null }), [put('/d/e/x', 1)])).writes).toEqual(['/0: +/d/e/ +/d/e/x'])
  })

  test('that outgrow their shard have it split afterwards, where a document splits it at once', async () => {
    const { outgrown } = await carryOut(apart(), [put('/n/x', 1)], { outgrown: ['0', '2'] })
    expect(outgrown).toEqual(new Set(['0']))
  })

  test('that were replaced before they were heard of have their documents planned again', async () => {
    const [create, other] = [put('/n/x', 1), put('/d/x', 2)]
    const left = await carryOut(apart(), [create, other], { answer: only('0: +/n/', SUPERSEDED) })
    expect(left).toMatchObject({ ...NOTHING_LEFT, again: [create], writes: ['0: +/n/', '/1: +/d/x'] })
    expect([create, other].map(endOf)).toEqual(['open', 'done'])
  })

  test.each([
    ['replaced', SUPERSEDED, 'open'],
    ['refused', refusal(DENIED), ['ERR_UNAUTHORIZED', 'no']],
    ['lost', UNKNOWN, ['ERR_UNAVAILABLE', 'no']],
  ] as const)('that were %s keep their shard from being written in the next phase', async (_, outcome, end) => {
    const [create, quiet, last] = [put('/c/x', 1), put('/there', 1), remove('/b/z')]
    const items = { '/there': 1, '/b/': null, '/b/z': 1 }
    const left = await carryOut(settingOf(items, { cuts: ['/b/m'] }), [create, quiet, last], {
      answer: only('0: +/c/', outcome),
    })
    // The second was to be a fence as well: without it the directory stays linked for now.
    expect(left.writes).toEqual(['0: +/c/', '/1: -/b/z'])
    expect(left.again).toEqual(end === 'open' ? [quiet, create] : [quiet])
    expect(left).toMatchObject({ directories: ['/b/'], held: [expect.any(Function)] })
    expect([create, quiet, last].map(endOf)).toEqual([end, 'open', 'open'])
  })
})

describe('what was given up while markers were written', () => {
  test('is left out of the write', async () => {
    const [create, other] = [put('/f/x', 1), put('/e/x', 2)]
    const left = await carryOut(apart(), [create, other], givingUp(create))
    expect(left).toMatchObject({ ...NOTHING_LEFT, writes: ['0: +/f/', '/2: +/e/x'] })
    expect(endOf(other)).toBe('done')
  })

  test('leaves nothing to write: what only read is read again', async () => {
    const [create, quiet] = [put('/f/x', 1), put('/e/x', 1)]
    const left = await carryOut(apart(), [create, quiet], givingUp(create))
    expect(left).toMatchObject({ writes: ['0: +/f/'], again: [quiet], directories: [] })
  })
})

describe('what was given up when the plan was made', () => {
  test.each([
    ['that is not written', []],
    ['that is written', [put('/there', 2)]],
  ])('does not count, in a shard %s: what hung on it is planned again', async (_, others) => {
    const [create, drop] = [put('/new', 1), remove('/new')]
    const { again } = await carryOut(apart(), [create, drop, ...others], { before: () => drop.fail(DENIED) })
    expect(again).toContain(create)
    expect(endOf(create)).toBe('open')
  })

  test('leaves something in a directory: its marker stays until it is looked at again', async () => {
    const [first, second] = [remove('/e/x'), remove('/e/y')]
    const left = await carryOut(apart(), [first, second], { before: () => first.fail(DENIED) })
    expect(left).toMatchObject({ writes: ['/2: -/e/y'], again: [], directories: ['/e/'] })
    expect(endOf(second)).toBe('open')
    for (const settle of left.held) settle()
    expect(endOf(second)).toBe('done')
  })
})

describe('a write that is refused', () => {
  test.each([FULL, LARGE])('for its size has each of its operations tried alone: $code', async (error) => {
    const both = [put('/there', 2), put('/new', 1)]
    const left = await carryOut(apart(), both, { answer: () => refusal(error) })
    expect(left).toMatchObject({ again: both, full: null })
    expect(both.map(({ alone }) => alone)).toEqual([true, true])
  })

  test('for anything else fails them', async () => {
    const both = [put('/there', 2), put('/new', 1)]
    expect(await carryOut(apart(), both, { answer: () => refusal(DENIED) })).toMatchObject(NOTHING_LEFT)
    expect(both.map(endOf)).toEqual(both.map(() => ['ERR_UNAUTHORIZED', 'no']))
  })

  test.each([
    [true, FULL, 'ERR_QUOTA'],
    [true, LARGE, undefined],
    [false, FULL, undefined],
  ])('says that the store is full if the operation had its turn alone (%s), and %o', async (alone, error, full) => {
    const one = put('/there', 2)
    one.alone = alone
    const left = await carryOut(apart(), [one], { answer: () => refusal(error) })
    expect([endOf(one), left.full?.code]).toEqual([[error.code, 'no'], full])
  })

  test('fails what was only to unlink a directory by it', async () => {
    const absent = remove('/d/a')
    const left = await carryOut(across({ '/d/': null }), [absent], { answer: () => refusal(DENIED) })
    expect([left.again, endOf(absent)]).toEqual([[], ['ERR_UNAUTHORIZED', 'no']])
  })
})

test('what only reads is settled by a write of others that is done', async () => {
  const [quiet, other] = [put('/there', 1), put('/new', 1)]
  expect(await carryOut(apart(), [quiet, other])).toMatchObject({ ...NOTHING_LEFT, writes: ['/0: +/new'] })
  expect(endOf(quiet)).toBe('done')
})

describe('a directory that becomes empty', () => {
  test('is unlinked once its shards are written', async () => {
    const last = remove('/d/a')
    const left = await carryOut(across({ '/d/': null, '/d/a': 1 }), [last])
    expect(left).toMatchObject({ ...NOTHING_LEFT, writes: ['/1: -/d/a', '/2:', '0: -/d/'] })
    expect(endOf(last)).toBe('done')
  })

  test.each(['/1: -/d/a', '/2:'])('is not, on the base of a write that was replaced: %s', async (write) => {
    const last = remove('/d/a')
    const left = await carryOut(across({ '/d/': null, '/d/a': 1 }), [last], { answer: only(write, SUPERSEDED) })
    expect(left).toMatchObject({ writes: ['/1: -/d/a', '/2:'], again: [], directories: ['/d/'] })
  })

  test('is unlinked also where that was replaced before it was heard of', async () => {
    expect(await carryOut(apart(), [remove('/d/x')], { answer: only('0: -/d/', SUPERSEDED) })).toMatchObject(
      NOTHING_LEFT,
    )
  })

  test.each([CONFLICT, UNKNOWN, refusal(DENIED)])(
    'is looked at again if it is still linked: $kind',
    async (outcome) => {
      const last = remove('/d/x')
      const left = await carryOut(apart(), [last], { answer: only('0: -/d/', outcome) })
      expect(left).toMatchObject({ again: [], directories: ['/d/'], held: [expect.any(Function)] })
      expect(endOf(last)).toBe('open')
      left.held[0]?.()
      expect(endOf(last)).toBe('done')
    },
  )

  test('is looked at again also for those that do not wait for it any more', async () => {
    for (const last of [remove('/d/x'), prune('/d/')]) {
      const answer = (write: string): ShardWriteOutcome | undefined => {
        if (write !== '0: -/d/') return undefined
        last.committed?.()
        return CONFLICT
      }
      const left = await carryOut(apart(), [last], { answer })
      expect(left).toMatchObject({ again: [], directories: ['/d/'] })
      expect(endOf(last)).toBe(last.kind === 'prune' ? 1 : 'done')
    }
  })

  test.each([
    ['has moved into a shard of which the map has just heard', keyOf('/d/'), 'new'],
    ['lies where the map is wrong', keyOf('/d/'), '1'],
  ])('whose marker %s is looked at again, and the others are unlinked', async (_, lo, shard) => {
    const setting = settingOf({ '/a/': null, '/a/x': 1, '/d/': null, '/d/x': 1 }, { cuts: ['/a/*', '/d/*'] })
    const both = [remove('/a/x'), remove('/d/x')]
    const left = await carryOut(setting, both, {
      answer: (write) => {
        if (write === '/1: -/a/x') setting.manager.map.learn([{ lo, shard }])
        return undefined
      },
    })
    expect(left).toMatchObject({ writes: ['/1: -/a/x', '/2: -/d/x', '0: -/a/'], again: [], directories: ['/d/'] })
    expect(both.map(endOf)).toEqual(['done', 'open'])
  })

  test('stays linked where its last document could not be removed: nothing is left to do', async () => {
    const last = remove('/d/x')
    expect(await carryOut(apart(), [last], { answer: () => refusal(DENIED) })).toMatchObject(NOTHING_LEFT)
    expect(endOf(last)).toEqual(['ERR_UNAUTHORIZED', 'no'])
  })

  test('if another shard is empty by now is looked at again', async () => {
    const one = remove('/d/a')
    const left = await carryOut(across({ '/d/': null, '/d/a': 1, '/d/z': 1 }), [one])
    expect(left).toMatchObject({ writes: ['/1: -/d/a'], again: [], directories: ['/d/'] })
    expect(endOf(one)).toBe('open')
  })

  test.each([
    ['not', undefined, []],
    ['looked at again', CONFLICT, ['/d/']],
    ['looked at again', refusal(DENIED), ['/d/']],
  ])('but for another document of the plan is %s, by what becomes of that one', async (_, outcome, directories) => {
    const [one, other] = [remove('/d/a'), put('/d/z', 1)]
    const left = await carryOut(across({ '/d/': null, '/d/a': 1 }), [one, other], {
      answer: (write) => (write === '/2: +/d/z' ? outcome : undefined),
    })
    expect(left).toMatchObject({ again: outcome === CONFLICT ? [other] : [], directories })
    expect(endOf(one)).toBe(directories.length > 0 ? 'open' : 'done')
  })

  test.each([
    ['not', undefined, []],
    ['looked at again', CONFLICT, ['/d/']],
  ])('without a marker is %s, as its absence is confirmed by a write', async (_, outcome, directories) => {
    const [last, other] = [remove('/d/a'), put('/there', 2)]
    const left = await carryOut(across({ '/d/a': 1 }), [last, other], {
      answer: (write) => (write === '/0: +/there' ? outcome : undefined),
    })
    expect(left).toMatchObject({ again: outcome === undefined ? [] : [other], directories })
    expect(endOf(last)).toBe(directories.length > 0 ? 'open' : 'done')
  })

  test('without a marker is not looked at again where nothing is written that could tell', async () => {
    const last = remove('/d/a')
    expect(await carryOut(across({ '/d/a': 1 }), [last])).toMatchObject(NOTHING_LEFT)
    expect(endOf(last)).toBe('done')
  })
})

describe('unlinking alone', () => {
  test('is over when the directory is gone, or holds something', async () => {
    const [empty, full] = [unlink('/d/'), unlink('/e/')]
    const setting = settingOf({ '/d/': null, '/e/': null, '/e/x': 1 }, { cuts: ['/d/*', '/e/*'] })
    expect(await carryOut(setting, [empty, full])).toMatchObject({ ...NOTHING_LEFT, writes: ['/1:', '0: -/d/'] })
    expect([empty, full].map(endOf)).toEqual(['done', 'done'])
  })

  test.each(['/1:', '0: -/d/'])('is planned again where %s meets a conflict', async (write) => {
    const empty = unlink('/d/')
    const left = await carryOut(settingOf({ '/d/': null }, { cuts: ['/d/*'] }), [empty], {
      answer: only(write, CONFLICT),
    })
    expect([left.again, left.directories, endOf(empty)]).toEqual([[empty], [], 'open'])
  })

  test('is planned again where what kept it was not confirmed', async () => {
    for (const outcome of [undefined, CONFLICT]) {
      const [full, other] = [unlink('/d/'), put('/e/x', 2)]
      const setting = settingOf(APART, { cuts: ['/d/*'] })
      const left = await carryOut(setting, [full, other], { answer: () => outcome })
      expect(left.again).toEqual(outcome === undefined ? [] : [other, full])
      expect(endOf(full)).toBe(outcome === undefined ? 'done' : 'open')
    }
  })
})

test('a split is over when its shard was written, or could not be', async () => {
  for (const outcome of [undefined, refusal(DENIED)]) {
    const one = split('1')
    const left = await carryOut(settingOf(APART, { cuts: ['/d/*'], outgrown: ['1'] }), [one], { answer: () => outcome })
    expect(left).toMatchObject({ ...NOTHING_LEFT, writes: ['/1:'] })
    expect(endOf(one)).toBe('done')
  }
})

describe('a prune', () => {
  test('counts what its writes removed, and is planned again for the others', async () => {
    const all = prune('/')
    const left = await carryOut(apart(), [all], { answer: only('/2: -/e/x -/e/y', CONFLICT) })
    expect(left).toMatchObject({ again: [all] })
    expect(all.removed).toEqual(new Set(['/there', '/d/x']))
    expect(endOf(all)).toBe('open')
    expect(all.committed).toBeNull() // aborted now, it is not through
  })

  test('is planned again for a document that somebody who gave up was to put, beside those that are removed', async () => {
    const [update, all] = [put('/e/x', 2), prune('/e/')]
    const left = await carryOut(apart(), [update, all], { before: () => update.fail(DENIED) })
    expect(left).toMatchObject({ writes: ['/2: -/e/y'], again: [all] })
    expect(all.removed).toEqual(new Set(['/e/y']))
  })

  test('fails with what was refused, after a part, and leaves nothing to do', async () => {
    const all = prune('/')
    const left = await carryOut(apart(), [all], { answer: only('/2: -/e/x -/e/y', refusal(DENIED)) })
    expect(left).toMatchObject(NOTHING_LEFT)
    expect(endOf(all)).toEqual(['ERR_UNAUTHORIZED', 'some'])
  })

  test('is through only if also what it found empty is confirmed', async () => {
    for (const outcome of [undefined, CONFLICT]) {
      const [nothing, other] = [prune('/d/'), put('/e/x', 2)]
      const setting = settingOf({ '/there': 1, '/e/': null, '/e/x': 1 }, { cuts: ['/d/*'] })
      const left = await carryOut(setting, [nothing, other], { answer: () => outcome })
      expect(left.again).toEqual(outcome === undefined ? [] : [other, nothing])
      expect(endOf(nothing)).toBe(outcome === undefined ? 0 : 'open')
    }
  })

  test('counts what was put in the same plan, though nothing is written of either', async () => {
    const [create, all] = [put('/d/new', 1), prune('/d/')]
    expect(await carryOut(across({}), [create, all])).toMatchObject({ ...NOTHING_LEFT, writes: [] })
    expect([create, all].map(endOf)).toEqual(['done', 1])
  })
})
