import { describe, expect, test } from 'vitest'
import { FormatError } from '../../src/format/format-error.ts'
import { base64, count, demandMembers, listOf, oneOf, pairOf, type Shape } from '../../src/format/shape.ts'

const isDigit = count(0, 9)

test.each<readonly [string, Shape<unknown>, readonly unknown[], readonly unknown[]]>([
  ['a count', count(1), [1, Number.MAX_SAFE_INTEGER], [0, -1, -0, 1.5, 2 ** 53, Number.NaN, '1', 1n, null, [1]]],
  ['a count that may be nothing', count(0), [0, 1], [-0, -1]],
  ['a count with an end', isDigit, [0, 9], [10, -1]],
  ['bytes', base64(1), ['AA', '_w'], ['A', 'AAA', 'AB', '', 5, null]],
  ['one of some values', oneOf([true, 'none']), [true, 'none'], [false, 'true', null, undefined]],
  ['a list', listOf(isDigit, 2), [[], [1], [1, 1]], [[1, 2, 3], [10], [1, null], {}, '1', null, { length: 0 }]],
  [
    'a list of different things',
    listOf(isDigit, 3, (digit) => digit % 2),
    [[], [1, 2]],
    [
      [1, 3],
      [1, 1],
    ],
  ],
  ['a pair', pairOf(isDigit, base64(1)), [[1, 'AA']], [[1], [1, 'AA', 1], ['AA', 1], [1, 1], {}, null]],
])('%s', (_what, shape, good, bad) => {
  expect(good.filter((value) => !shape(value))).toEqual([])
  expect(bad.filter((value) => shape(value))).toEqual([])
})

describe('members', () => {
  const shapes = { a: isDigit, b: oneOf(['x']) }

  test('are given as they are, with what more there is', () => {
    const value = { more: 1, b: 'x', a: 2 }
    expect(demandMembers(value, shapes)).toBe(value)
  })

  test.each([
    [{ a: 1, b: 'y' }, 'its "b" is malformed'],
    [{ b: 'x' }, 'its "a" is malformed'],
    [[], 'its "a" is malformed'],
    [null, 'its content is malformed'],
    ['x', 'its content is malformed'],
  ])('are missed by name: %j', (value, problem) => {
    expect(() => demandMembers(value, shapes)).toThrow(new FormatError(problem))
  })
})
