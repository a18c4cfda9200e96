import { describe, expect, test } from 'vitest'
import { booleanOption, checkOptions, choiceOption, integerOption } from '../src/options.ts'

const ALLOWED = ['timeoutMs', 'attempts', 'maxDelayMs', 'runtime']
const check = (options: unknown): void => checkOptions(options, ALLOWED, 'open')

describe('checkOptions', () => {
  test('takes no options, and allowed ones', () => {
    expect(() => check(undefined)).not.toThrow()
    expect(() => check({})).not.toThrow()
    expect(() => check({ attempts: 1, runtime: undefined })).not.toThrow()
  })

  test.each([null, 5, 'attempts', [], true])('refuses %j', (options) => {
    expect(() => check(options)).toThrow(new TypeError('The options of open must be an object.'))
  })

  test('names what it takes, for a misspelt option', () => {
    const message = 'open has no option "timeout": it takes `timeoutMs`, `attempts`, `maxDelayMs`, `runtime`.'
    expect(() => check({ timeout: 1 })).toThrow(new TypeError(message))
    expect(() => checkOptions({ colour: 1 }, [], 'close')).toThrow('it takes none.')
  })

  test('does not take inherited names for allowed ones, and shortens long ones', () => {
    expect(() => check({ constructor: 1 })).toThrow(TypeError)
    expect(() => check(JSON.parse('{"__proto__":1}'))).toThrow(TypeError)
    expect(() => check({ ['x'.repeat(10_000)]: 1 })).toThrow(/^.{0,200}$/)
  })
})

describe('values of options', () => {
  test('integers', () => {
    expect(integerOption('n', undefined, 1, 5, 3)).toBe(3)
    expect(integerOption('n', 1, 1, 5, 3)).toBe(1)
    expect(integerOption('n', 5, 1, 5, 3)).toBe(5)
    for (const wrong of [0, 6]) expect(() => integerOption('n', wrong, 1, 5, 3)).toThrow(RangeError)
    for (const wrong of [null, '3', 1.5, Number.NaN, Number.POSITIVE_INFINITY, 3n]) {
      expect(() => integerOption('n', wrong, 1, 5, 3)).toThrow(TypeError)
    }
    expect(() => integerOption('n', undefined, 1, 5)).toThrow(
      new TypeError('Option `n` must be an integer from 1 to 5.'),
    )
  })

  test('booleans', () => {
    expect(booleanOption('b', undefined, true)).toBe(true)
    expect(booleanOption('b', false, true)).toBe(false)
    for (const wrong of [null, 0, 'false']) expect(() => booleanOption('b', wrong, true)).toThrow(TypeError)
  })

  test('choices', () => {
    expect(choiceOption('c', undefined, ['none', 'deflate'], 'none')).toBe('none')
    expect(choiceOption('c', 'deflate', ['none', 'deflate'], 'none')).toBe('deflate')
    expect(() => choiceOption('c', 'zip', ['none', 'deflate'], 'none')).toThrow(
      new TypeError('Option `c` must be none or deflate.'),
    )
  })
})
