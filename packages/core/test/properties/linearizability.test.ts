import { describe, expect, test } from 'vitest'
import { assertLinearizable, type State, type Step } from '../support/linearizability.ts'

const PATH = '/a'

const put = (start: number, end: number, value: string): Step => ({ path: PATH, start, end, apply: () => value })
const get = (start: number, end: number, seen: State): Step => ({
  path: PATH,
  start,
  end,
  apply: (state) => (state === seen ? state : undefined),
})
/** An append that answered `landed`. */
const append = (start: number, end: number, value: string, landed: string): Step => ({
  path: PATH,
  start,
  end,
  apply: (state) => ((state ?? '') + value === landed ? landed : undefined),
})
const maybe = (step: Step): Step => ({ ...step, end: Number.POSITIVE_INFINITY, optional: true })
const counted = (start: number, end: number, counter: string): Step => ({
  path: PATH,
  start,
  end,
  counter,
  apply: () => null,
})

describe('explained', () => {
  test.each<readonly [string, readonly Step[]]>([
    ['one after the other', [put(0, 1, 'x'), get(2, 3, 'x')]],
    ['at once, either way', [put(0, 3, 'x'), get(1, 2, null)]],
    ['at once, the other way', [put(0, 3, 'x'), get(1, 2, 'x')]],
    ['increments that each saw the one before', [append(0, 5, 'x', 'yx'), append(1, 4, 'y', 'y'), get(6, 7, 'yx')]],
    ['what may have failed did', [maybe(put(0, 1, 'x')), get(2, 3, null)]],
    ['what may have failed was applied, and late', [maybe(put(0, 1, 'x')), get(2, 3, null), get(4, 5, 'x')]],
  ])('%s', (_name, steps) => {
    expect(() => assertLinearizable(steps)).not.toThrow()
  })
})

describe('not explained', () => {
  test.each<readonly [string, readonly Step[]]>([
    ['a lost write', [put(0, 1, 'x'), get(2, 3, null)]],
    ['a stale read', [put(0, 1, 'x'), put(2, 3, 'y'), get(4, 5, 'x')]],
    ['a read that goes back in time', [put(0, 9, 'x'), get(1, 2, 'x'), get(3, 4, null)]],
    ['a lost increment', [append(0, 5, 'x', 'x'), append(1, 4, 'y', 'y'), get(6, 7, 'y')]],
    ['a doubled increment', [append(0, 1, 'x', 'x'), get(2, 3, 'xx')]],
    ['a value that nobody wrote', [get(0, 1, 'x')]],
    ['a write before it began', [get(0, 1, 'x'), put(2, 3, 'x')]],
    ['what may have failed, applied twice', [maybe(put(0, 1, 'x')), get(2, 3, 'x'), put(4, 5, 'y'), get(6, 7, 'x')]],
  ])('%s', (_name, steps) => {
    expect(() => assertLinearizable(steps)).toThrow('No order of operations')
  })
})

test('totals must add up over all documents', () => {
  const elsewhere = (step: Step): Step => ({ ...step, path: '/b' })
  const steps = [put(0, 1, 'x'), elsewhere(put(0, 1, 'x')), counted(2, 3, 'prune'), elsewhere(counted(2, 3, 'prune'))]
  expect(() => assertLinearizable(steps, new Map([['prune', 2]]))).not.toThrow()
  for (const wrong of [0, 1, 3]) {
    expect(() => assertLinearizable(steps, new Map([['prune', wrong]]))).toThrow('these totals')
  }
})
