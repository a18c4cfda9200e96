import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { VaultError } from '../../src/errors.ts'
import type { AnyOperation, OperationContext } from '../../src/operations/operation.ts'
import { Scheduler } from '../../src/operations/scheduler.ts'
import type { Freshness, LoadedShard } from '../../src/shards/cache.ts'
import type { ItemChange } from '../../src/shards/change.ts'
import type { ShardManager, ShardWriteOutcome } from '../../src/shards/manager.ts'
import { changeOf } from '../shards/states.ts'
import { gate } from './crowd.ts'
import { documentOf, LENIENT, settingOf } from './planning.ts'
import { change, endOf, prune, put, remove, split, textOf, unlink, writtenOn } from './watched.ts'

/** Whose turn it is, and what comes after it: the scheduler over shards that answer as a test wants. */

const DENIED = new VaultError('ERR_UNAUTHORIZED', 'no')
const FULL = new VaultError('ERR_QUOTA', 'full')
const CONFLICT: ShardWriteOutcome = { kind: 'conflict' }
const refusal = (error: VaultError): ShardWriteOutcome => ({ kind: 'refused', error })

const NEVER = Number.POSITIVE_INFINITY
/** The last request before anything happens. */
const FIRST_TICK = 10
const SINCE_NOW: OperationContext = { freshness: { sinceTick: FIRST_TICK, notBeforeMs: NEVER } }

/** So many turns that everything has happened that waits for nothing outside. */
async function quiet(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await setImmediate()
}

/** A write that is done when the gate is opened. */
function holding(): { readonly held: Promise<undefined>; open(): void } {
  const { opened, open } = gate()
  return { held: opened.then(() => undefined), open }
}

interface Circumstances {
  /** What becomes of a write; it is done if nothing is said. */
  readonly answer?: (write: string) => Promise<ShardWriteOutcome | undefined> | ShardWriteOutcome | undefined
  /** What is found when a shard is read: by itself, what is stored. */
  readonly reading?: (shard: LoadedShard) => LoadedShard
  readonly unreadable?: readonly string[]
  readonly outgrown?: readonly string[]
  readonly conflictAttempts?: number
  readonly pause?: () => Promise<void>
}

/** The top level, `/d/` and `/e/` in a shard each. */
const APART = { '/there': 1, '/d/': null, '/d/x': 1, '/e/': null, '/e/x': 1, '/e/y': 2 }
const CUTS = { cuts: ['/d/*', '/e/*'] }

/** A scheduler of a client that has read everything some time ago. */
function schedulerOver(
  {
    answer,
    reading = (shard) => shard,
    unreadable = [],
    outgrown = [],
    conflictAttempts = 4,
    pause,
  }: Circumstances = {},
  { manager, shards } = settingOf(APART, CUTS),
) {
  const stored = new Map(shards.map((shard) => [shard.id, shard]))
  const busy = new Set<string>()
  const writes: string[] = []
  const signals: (AbortSignal | undefined)[] = []
  const pauses: number[] = []
  const loads: { readonly id: string; readonly freshness: Freshness; readonly tick: number }[] = []
  let tick = FIRST_TICK
  Object.assign(manager, {
    requests: {
      get tick() {
        return tick
      },
      retry: { conflictAttempts },
      async pauseAfterConflict(attempt: number) {
        pauses.push(attempt)
        await pause?.()
      },
    },
    repairMap: () => undefined,
    outgrown: ({ lo }: LoadedShard['state']) => outgrown.some((id) => stored.get(id)?.state.lo === lo),
    async load(id: string, freshness: Freshness) {
      loads.push({ id, freshness, tick })
      if (unreadable.includes(id)) throw DENIED
      const known = manager.cache.fresh(id, freshness)
      if (known !== undefined) return known
      stored.set(id, reading(stored.get(id) as LoadedShard))
      return manager.cache.take(stored.get(id) as LoadedShard, { sentTick: ++tick, sentAtMs: 0 })
    },
    async write(
      base: LoadedShard,
      changes: readonly ItemChange[],
      { split: mayBeSplit, isWanted, signal }: Parameters<ShardManager['write']>[2],
    ): Promise<ShardWriteOutcome> {
      if (isWanted?.() === false) return { kind: 'withdrawn' }
      const write = textOf(base, changes, mayBeSplit)
      if (busy.has(base.id)) throw new Error(`Two writes to one shard at once: ${write}.`)
      busy.add(base.id)
      writes.push(write)
      signals.push(signal)
      const sentTick = ++tick
      const outcome = await answer?.(write)
      busy.delete(base.id)
      if (outcome !== undefined) {
        if (outcome.kind !== 'refused') manager.cache.drop(base)
        return outcome
      }
      const written = writtenOn(base, changes)
      stored.set(base.id, written)
      return { kind: 'done', shards: [manager.cache.take(written, { sentTick, sentAtMs: 0 })] }
    },
  })
  const scheduler = new Scheduler(manager)
  const submit = (...operations: readonly AnyOperation[]): void => {
    for (const operation of operations) scheduler.submit(operation)
  }
  return { scheduler, submit, writes, signals, pauses, loads }
}

describe('who waits', () => {
  /** A document in a new directory below `/d/`: that the marker of `/d/` is needed as well is found when it is planned. */
  const NEEDS_TOP = '/d/n/x'

  test('for shards that were found to be needed lets go of its own, and is still before those that come later', async () => {
    const { held, open } = holding()
    const { submit, writes } = schedulerOver({ answer: (write) => (write === '/0: +/a' ? held : undefined) })
    const [holder, first] = [put('/a', 1), put(NEEDS_TOP, 1)]
    submit(holder)
    await quiet()
    submit(first)
    await quiet()
    const [later, elsewhere] = [put('/d/x', 2), put('/e/x', 2)]
    submit(later, elsewhere)
    await quiet()
    expect([holder, first, later, elsewhere].map(endOf)).toEqual(['open', 'open', 'open', 'done'])
    open()
    await quiet()
    expect([holder, first, later].map(endOf)).toEqual(['done', 'done', 'done'])
    expect(writes).toEqual(['/0: +/a', '/2: +/e/x', '0:', '/1: +/d/n/ +/d/n/x +/d/x'])
  })

  test('is not overtaken by what finds only then that it needs the same shard', async () => {
    const { held, open } = holding()
    const setting = settingOf({ ...APART, '/b/': null }, CUTS)
    const { submit, writes } = schedulerOver({ answer: (write) => (write === '/2: +/e/x' ? held : undefined) }, setting)
    const [holder, waiting, later] = [put('/e/x', 2), unlink('/b/', '/e/'), put(NEEDS_TOP, 1)]
    submit(holder)
    await quiet()
    submit(waiting)
    await quiet()
    submit(later)
    await quiet()
    expect([waiting, later].map(endOf)).toEqual(['open', 'open'])
    expect(writes).toEqual(['/2: +/e/x'])
    open()
    await quiet()
    expect([waiting, later].map(endOf)).toEqual(['done', 'done'])
  })

  test('waits also for shards that somebody has found to be needed when nobody had them', async () => {
    const { held, open } = holding()
    const { submit, writes } = schedulerOver({ answer: (write) => (write === '0:' ? held : undefined) })
    const [first, later] = [put(NEEDS_TOP, 1), put('/a', 1)]
    submit(first)
    await quiet()
    submit(later)
    await quiet()
    expect(writes).toEqual(['0:'])
    open()
    await quiet()
    expect([first, later].map(endOf)).toEqual(['done', 'done'])
    expect(writes.toSorted()).toEqual(['/0: +/a', '/1: +/d/n/ +/d/n/x', '0:'])
  })

  test('keeps its place when it lets go, before those that came while its shard was read', async () => {
    const { held, open } = holding()
    const { submit, writes } = schedulerOver({ answer: (write) => (write === '/0: +/a' ? held : undefined) })
    const [holder, first, later] = [put('/a', 1), put(NEEDS_TOP, 1), put('/d/x', 2)]
    submit(holder)
    await quiet()
    submit(first)
    for (let step = 0; step < 2; step++) await Promise.resolve() // it has begun
    submit(later)
    await quiet()
    expect([first, later].map(endOf)).toEqual(['open', 'open'])
    open()
    await quiet()
    expect([holder, first, later].map(endOf)).toEqual(['done', 'done', 'done'])
    expect(writes).toEqual(['/0: +/a', '0:', '/1: +/d/n/ +/d/n/x +/d/x'])
  })

  test.each([
    [
      [false, true],
      ['/0: +/a', '/0: +/b'],
    ],
    [
      [true, false],
      ['/0: +/a', '/0: +/b'],
    ],
    [
      [true, true],
      ['/0: +/a', '/0: +/b'],
    ],
    [[false, false], ['/0: +/a +/b']],
  ])('alone does so for its own write (%j)', async (alone, expected) => {
    const { submit, writes } = schedulerOver()
    const both = [put('/a', 1), put('/b', 1)]
    for (const [index, each] of both.entries()) each.alone = alone[index] as boolean
    submit(...both)
    await quiet()
    expect(both.map(endOf)).toEqual(['done', 'done'])
    expect(writes).toEqual(expected)
  })

  test('alone does so where it shares any of its shards', async () => {
    const { held, open } = holding()
    const { submit, writes } = schedulerOver({ answer: () => held })
    const [first, alone] = [put('/a', 1), put('/d/x', 2)]
    alone.alone = true
    alone.needed = new Set(['0'])
    submit(first, alone)
    await quiet()
    expect(writes).toEqual(['/0: +/a'])
    open()
    await quiet()
    expect([first, alone].map(endOf)).toEqual(['done', 'done'])
  })

  test('alone does so beside what is written elsewhere', async () => {
    const { held, open } = holding()
    const { submit, writes } = schedulerOver({ answer: () => held })
    const both = [put('/a', 1), put('/e/x', 2)]
    for (const each of both) each.alone = true
    submit(...both)
    await quiet()
    expect(writes).toEqual(['/0: +/a', '/2: +/e/x'])
    open()
    await quiet()
    expect(both.map(endOf)).toEqual(['done', 'done'])
  })

  test('to split a shard does so until nobody else writes it', async () => {
    const { held, open } = holding()
    const { submit, writes } = schedulerOver({
      answer: (write) => (write === '/1: +/d/x' ? held : undefined),
      outgrown: ['1'],
    })
    const both = [put('/d/x', 2), split('1')]
    for (const each of both) {
      submit(each)
      await quiet()
    }
    expect(both.map(endOf)).toEqual(['open', 'open'])
    open()
    await quiet()
    expect(both.map(endOf)).toEqual(['done', 'done'])
    expect(writes).toEqual(['/1: +/d/x', '/1:'])
  })

  test('for the answer of a function keeps nobody else waiting', async () => {
    const { opened, open } = gate()
    const { submit, writes } = schedulerOver()
    const document = documentOf(5)
    let answered = false
    const ready = opened.then(() => {
      answered = true
    })
    const slow = change('/a', () => (answered ? { kind: 'document', document } : { kind: 'pending', ready }))
    const others = [put('/b', 1), put('/c', 1)]
    submit(slow, others[0] as AnyOperation)
    await quiet()
    submit(others[1] as AnyOperation)
    await quiet()
    expect([slow, ...others].map(endOf)).toEqual(['open', 'done', 'done'])
    open()
    await quiet()
    expect(endOf(slow)).toBe('done')
    expect(writes).toEqual(['/0: +/b', '/0: +/c', '/0: +/a'])
  })
})

describe('what an operation is planned from', () => {
  test('is whatever is known, for one that writes', async () => {
    const { submit, loads } = schedulerOver()
    submit(put('/a', 1, SINCE_NOW))
    await quiet()
    expect(loads).toEqual([{ id: '0', freshness: { sinceTick: -1, notBeforeMs: NEVER }, tick: FIRST_TICK }])
  })

  test('is as recent as those want that have lost often', async () => {
    const { submit, loads } = schedulerOver()
    const both = [put('/a', 1), put('/b', 1)]
    for (const [index, each] of both.entries()) each.basesSinceTick = index
    submit(...both)
    await quiet()
    expect(loads.map(({ freshness }) => freshness.sinceTick)).toEqual([1])
  })

  test('is asked for after all have begun, for those who end without a write and want it more recent', async () => {
    const { submit, loads } = schedulerOver()
    const wanted = [
      { sinceTick: FIRST_TICK, notBeforeMs: 300 },
      { sinceTick: 2, notBeforeMs: 400 },
    ]
    const both = wanted.map((freshness, index) => remove(`/absent${index}`, { freshness }))
    submit(...both)
    await quiet()
    expect(both.map(endOf)).toEqual(['done', 'done'])
    expect(loads.map(({ freshness }) => freshness)).toEqual([
      { sinceTick: -1, notBeforeMs: NEVER },
      { sinceTick: FIRST_TICK, notBeforeMs: NEVER },
    ])
  })

  test('that cannot be read any more fails a prune, which says that a part is removed', async () => {
    const unreadable: string[] = []
    const answer = (write: string): ShardWriteOutcome | undefined => {
      if (!write.startsWith('/1')) return undefined
      unreadable.push('1')
      return CONFLICT
    }
    const { submit } = schedulerOver({ answer, unreadable })
    const all = prune('/')
    submit(all)
    await quiet()
    expect(endOf(all)).toEqual(['ERR_UNAUTHORIZED', 'some'])
  })

  test('that cannot be read fails it, or is not pursued where that is no error', async () => {
    const setting = settingOf(APART, CUTS)
    const { submit } = schedulerOver({ unreadable: ['1'] }, setting)
    const all = [put('/d/x', 2), prune('/d/'), unlink('/d/'), split('1'), put('/e/x', 2)]
    submit(...all)
    await quiet()
    const denied = ['ERR_UNAUTHORIZED', 'no']
    expect(all.map(endOf)).toEqual([denied, denied, 'done', 'done', 'done'])
  })

  test('is read anew after a conflict, and confirmed before the next attempt once the pauses are long', async () => {
    const { submit, loads, writes } = schedulerOver({ answer: () => CONFLICT, conflictAttempts: 10 })
    const one = put('/a', 1)
    submit(one)
    await quiet()
    expect(endOf(one)).toEqual(['ERR_CONTENTION', 'no'])
    expect(writes).toHaveLength(10)
    const recent = loads.map(({ freshness, tick }) => freshness.sinceTick === tick)
    expect(recent).toEqual([false, false, false, false, false, false, false, true, true, true])
  })
})

describe('a function that is asked anew each time, because its document has changed', () => {
  /** Somebody else changes `/there` whenever a shard is read. It is answered that it is to stay as it is. */
  async function asked(conflictAttempts: number, meanwhile: (submit: (operation: AnyOperation) => void) => void) {
    let value = 0
    const client = schedulerOver({
      conflictAttempts,
      reading: (shard) => (shard.id === '0' ? writtenOn(shard, [changeOf('/there', ++value)]) : shard),
    })
    let calls = 0
    let known: unknown
    const one = change(
      '/there',
      (current) => {
        if (known === current) return { kind: 'document', document: current }
        known = current
        calls++
        meanwhile(client.submit)
        return { kind: 'pending', ready: quiet() }
      },
      { freshness: { sinceTick: NEVER, notBeforeMs: NEVER } },
    )
    client.submit(one)
    await client.scheduler.idle()
    return { end: endOf(one), calls }
  }

  test('gives up', async () => {
    for (const attempts of [1, 3]) {
      const { end, calls } = await asked(attempts, () => undefined)
      expect([end, calls]).toEqual([['ERR_CONTENTION', 'no'], attempts + 1])
    }
  })

  test('does not count what its own client has done meanwhile', async () => {
    let others = 0
    const { end, calls } = await asked(3, (submit) => {
      if (others++ < 5) submit(put(`/e/new${others}`, 1))
    })
    expect([end, calls]).toEqual([['ERR_CONTENTION', 'no'], 9])
  })
})

describe('after a conflict', () => {
  test('an operation is planned again at once, then after pauses, and gives up in the end', async () => {
    const { submit, writes, pauses } = schedulerOver({ answer: () => CONFLICT })
    const one = put('/a', 1)
    submit(one)
    await quiet()
    expect(endOf(one)).toEqual(['ERR_CONTENTION', 'no'])
    expect([writes.length, pauses]).toEqual([4, [1, 2]])
  })

  test('several pause together, as long as the one that has lost most', async () => {
    let conflicts = 1
    const { submit, pauses } = schedulerOver({ answer: () => (conflicts-- > 0 ? CONFLICT : undefined) })
    const both = [put('/a', 1), put('/b', 1)]
    for (const [index, each] of both.entries()) each.attempts = 1 + index
    submit(...both)
    await quiet()
    expect(both.map(endOf)).toEqual(['done', 'done'])
    expect(pauses).toEqual([2])
  })

  test('a pause keeps up only those that have lost before', async () => {
    const { opened, open } = gate()
    let conflicts = 1
    const { submit, writes } = schedulerOver({
      answer: () => (conflicts-- > 0 ? CONFLICT : undefined),
      pause: () => opened,
    })
    const both = [put('/a', 1), put('/b', 1)]
    for (const each of both.slice(0, 1)) each.attempts = 1
    submit(...both)
    await quiet()
    expect(both.map(endOf)).toEqual(['open', 'done'])
    open()
    await quiet()
    expect(both.map(endOf)).toEqual(['done', 'done'])
    expect(writes).toEqual(['/0: +/a +/b', '/0: +/b', '/0: +/a'])
  })

  test('an operation that is aborted in a pause was not applied', async () => {
    const { opened, open } = gate()
    const { submit, writes, scheduler } = schedulerOver({ answer: () => CONFLICT, pause: () => opened })
    const abort = new AbortController()
    const one = put('/a', 1, { ...LENIENT, signal: abort.signal })
    submit(one)
    await quiet()
    abort.abort()
    expect(endOf(one)).toEqual(['ERR_ABORTED', 'no'])
    open()
    await scheduler.idle()
    expect(writes).toHaveLength(2)
  })

  test.each([1, 2])('an operation that is aborted gives up the request of its last attempt (%i)', async (lost) => {
    const { held, open } = holding()
    const conflicts = Array.from({ length: lost }, () => CONFLICT)
    const { submit, signals, scheduler } = schedulerOver({ answer: () => conflicts.pop() ?? held })
    const abort = new AbortController()
    const one = put('/a', 1, { ...LENIENT, signal: abort.signal })
    submit(one)
    await quiet()
    abort.abort('enough')
    expect(signals.slice(0, lost).every((signal) => signal?.aborted === false)).toBe(true)
    expect(signals[lost]).toMatchObject({ aborted: true, reason: 'enough' })
    expect(endOf(one)).toEqual(['ERR_OUTCOME_UNKNOWN', 'unknown'])
    open()
    await scheduler.idle()
  })

  test('what is committed is no error, however often it cannot be unlinked or split', async () => {
    const all = [unlink('/n/'), split('1')]
    const setting = settingOf({ ...APART, '/n/': null }, { ...CUTS, outgrown: ['1'] })
    const { submit } = schedulerOver({ answer: () => CONFLICT, outgrown: ['1'] }, setting)
    submit(...all)
    await quiet()
    expect(all.map(endOf)).toEqual(['done', 'done'])
  })

  test('a prune that gives up says whether it has removed anything', async () => {
    for (const [contested, applied] of [
      ['/0', 'some'],
      ['/', 'no'],
    ] as const) {
      const { submit } = schedulerOver({ answer: (write) => (write.startsWith(contested) ? CONFLICT : undefined) })
      const all = prune('/')
      submit(all)
      await quiet()
      expect(endOf(all)).toEqual(['ERR_CONTENTION', applied])
    }
  })
})

describe('a full store', () => {
  /** Refuses those writes of several, counted from 0. */
  function refusing(refused: (nth: number) => boolean) {
    let writes = 0
    return { answer: () => (refused(writes++) ? refusal(FULL) : undefined) }
  }
  const several = (count: number) => Array.from({ length: count }, (_, index) => put(`/${index}`, 1))
  const full = ['ERR_QUOTA', 'no']

  test('refuses three that are tried alone; then those that wait for their turn have their answer', async () => {
    const { submit, writes } = schedulerOver(refusing(() => true))
    const all = several(7)
    submit(...all)
    await quiet()
    expect(all.map(endOf)).toEqual(all.map(() => full))
    expect(writes.slice(1)).toEqual(['/0: +/0', '/0: +/1', '/0: +/2', '/0: +/3']) // the last had begun by then
  })

  test('that takes one in between is not full', async () => {
    const { submit, writes } = schedulerOver(refusing((nth) => nth !== 3))
    const all = several(9)
    submit(...all)
    await quiet()
    expect(all.map(endOf)).toEqual(all.map((_, index) => (index === 2 ? 'done' : full)))
    expect(writes).toHaveLength(8)
  })

  test('does not answer those that were not tried', async () => {
    const { opened, open } = gate()
    let writes = 0
    const { submit } = schedulerOver({
      answer: async () => {
        if (++writes === 4) await opened
        return writes <= 5 ? refusal(FULL) : undefined
      },
    })
    const all = several(5)
    submit(...all)
    await quiet()
    const later = put('/later', 1)
    submit(later)
    open()
    await quiet()
    expect([...all, later].map(endOf)).toEqual([...all.map(() => full), 'done'])
  })
})

describe('what follows from a plan', () => {
  test('is the split of a shard that outgrew its size by markers', async () => {
    const { submit, writes, scheduler } = schedulerOver({ outgrown: ['0'] })
    const create = put('/n/x', 1)
    submit(create)
    await scheduler.idle()
    expect(endOf(create)).toBe('done')
    expect(writes).toEqual(['0: +/n/', '/2: +/n/x', '/0:'])
  })

  const across = () => settingOf({ '/d/': null, '/d/a': 1, '/d/z': 1 }, { cuts: ['/d/*', '/d/m'] })

  test('is a look at the other shards of a directory, as they are by then', async () => {
    const { submit, loads, scheduler } = schedulerOver({}, across())
    const one = remove('/d/a')
    submit(one)
    await scheduler.idle()
    expect(endOf(one)).toBe('done')
    const late = loads.filter(({ id, freshness }) => id === '2' && freshness.sinceTick > FIRST_TICK)
    expect(late).toHaveLength(1)
    expect(late[0]?.freshness.notBeforeMs).toBe(NEVER)
  })

  test('does not fail what it follows from', async () => {
    const pause = async (): Promise<void> => {
      throw new Error('no timers')
    }
    const answer = (write: string): ShardWriteOutcome | undefined => (write === '0: -/d/' ? CONFLICT : undefined)
    const { submit, scheduler } = schedulerOver({ answer, pause })
    const last = remove('/d/x')
    submit(last)
    await scheduler.idle()
    expect(endOf(last)).toBe('done')
  })
})

test('a defect leaves nobody waiting, and its shards are free', async () => {
  const { submit, scheduler } = schedulerOver()
  const broken = change('/a', () => {
    throw new VaultError('ERR_CORRUPT', 'a defect')
  })
  const neighbour = put('/b', 1)
  submit(broken, neighbour)
  await quiet()
  expect([broken, neighbour].map(endOf)).toEqual([
    ['ERR_CORRUPT', undefined],
    ['ERR_CORRUPT', undefined],
  ])
  const later = put('/c', 1)
  submit(later)
  await scheduler.idle()
  expect(endOf(later)).toBe('done')
})

test('an operation whose signal is aborted beforehand is not begun', async () => {
  const { submit, loads, scheduler } = schedulerOver()
  const one = put('/a', 1, { ...LENIENT, signal: AbortSignal.abort() })
  submit(one)
  expect(endOf(one)).toEqual(['ERR_ABORTED', 'no'])
  await scheduler.idle()
  expect(loads).toEqual([])
})
