import { describe, expect, test } from 'vitest'
import { type HistoryEntry, isLinearizable, sees, type Transition } from '../../src/explore/history.ts'

const puts =
  (value: string | null): Transition =>
  () => ({ after: value })

function entry(begin: number, end: number, transition: Transition, certain = true): HistoryEntry {
  return { label: '', begin, end, certain, transition }
}

describe('isLinearizable', () => {
  test('accepts operations one after the other', () => {
    expect(isLinearizable([entry(1, 2, puts('a')), entry(3, 4, sees('a'))], null)).toBe(true)
  })

  test('refuses a read that misses what ended before it began', () => {
    expect(isLinearizable([entry(1, 2, puts('a')), entry(3, 4, sees(null))], null)).toBe(false)
  })

  test('lets a read that runs beside a write see the document before or after it', () => {
    expect(isLinearizable([entry(1, 4, puts('a')), entry(2, 3, sees(null))], null)).toBe(true)
    expect(isLinearizable([entry(1, 4, puts('a')), entry(2, 3, sees('a'))], null)).toBe(true)
  })

  test('refuses a later read of an older value, though both run beside the write', () => {
    const history = [entry(1, 9, puts('a')), entry(2, 3, sees('a')), entry(4, 5, sees(null))]
    expect(isLinearizable(history, null)).toBe(false)
  })

  test('lets an uncertain operation take effect at any time, once, or never', () => {
    const perhaps = entry(1, Number.POSITIVE_INFINITY, puts('a'), false)
    expect(isLinearizable([perhaps, entry(2, 3, sees(null))], null)).toBe(true)
    expect(isLinearizable([perhaps, entry(2, 3, sees(null)), entry(4, 5, sees('a'))], null)).toBe(true)
    const twice = [entry(2, 3, sees('a')), entry(4, 5, puts(null)), entry(6, 7, sees('a'))]
    expect(isLinearizable([perhaps, ...twice], null)).toBe(false)
  })

  test('finds the one order that fits, whatever order the operations are given in', () => {
    const swap =
      (from: string, to: string): Transition =>
      (before) =>
        before === from ? { after: to } : undefined
    const history = [entry(1, 9, swap('c', 'd')), entry(1, 9, swap('b', 'c')), entry(1, 9, swap('a', 'b'))]
    expect(isLinearizable([...history, entry(10, 11, sees('d'))], 'a')).toBe(true)
    expect(isLinearizable([...history, entry(10, 11, sees('c'))], 'a')).toBe(false)
  })

  test('lets a read be answered from before it began, and not from before what its client has seen', () => {
    const put = entry(3, 4, puts('a'))
    const seen = entry(5, 6, sees('a'))
    const stale = (after?: HistoryEntry): HistoryEntry => ({ ...entry(1, 8, sees(null)), after })
    expect(isLinearizable([put, seen, stale()], null)).toBe(true)
    expect(isLinearizable([put, seen, stale(seen)], null)).toBe(false)
    expect(isLinearizable([put, seen, stale(put)], null)).toBe(false)
  })
})
