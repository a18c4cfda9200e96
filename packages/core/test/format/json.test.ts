import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { utf8 } from '../../src/bytes.ts'
import { FormatError } from '../../src/format/format-error.ts'
import { parseJson } from '../../src/format/json.ts'

/** Text made of what a scanner of JSON could trip over. */
const tricky = fc.string({ maxLength: 6, unit: fc.constantFrom('"', '\\', '[', '}', ',', ':', ' ', '\n', 'é') })
const { value: values } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, 0, -1.5),
    tricky,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(tricky, tie('value'), { maxKeys: 4 }),
  ),
}))

function problemOf(text: string, maxDepth = 8): string {
  try {
    parseJson(utf8(text), maxDepth)
    return 'none'
  } catch (error) {
    return error instanceof FormatError ? error.message : `untyped: ${String(error)}`
  }
}

describe('JSON in a file', () => {
  it('is what JSON.stringify writes', () => {
    fc.assert(
      fc.property(values, (value) => {
        const text = JSON.stringify(value)
        expect(parseJson(utf8(text), 8)).toEqual({ text, value: JSON.parse(text), thirds: [] })
      }),
    )
  })

  it.each([' ', '\t', '\n', '\r'])('has no white space outside of strings: %j', (space) => {
    expect(problemOf(`[1,${space}2]`)).toContain('white space')
    expect(problemOf(`{"a":1}${space}`)).toContain('white space')
  })

  it('is nested as deep as the reader says and no deeper', () => {
    expect(problemOf('[{"a":[]},[],[[],[]]]', 3)).toBe('none')
    expect(problemOf('[{"a":[{}]}]', 3)).toContain('nested deeper than 3 levels')
    expect(problemOf('['.repeat(1_000_000), 3)).toContain('nested deeper')
  })

  it.each(['{"a":1,"a":1}', '[[{"b":{"a":1,"a":2}}]]', '{"a":1,"\\u0061":2}', '{"a":{"__proto__":1,"__proto__":1}}'])(
    'has no name twice in an object: %s',
    (text) => {
      expect(problemOf(text)).toContain('twice')
    },
  )

  it.each(['"', '"\\"', '"\\\\\\"', '["a'])('does not end within a string: %s', (text) => {
    expect(problemOf(text)).toContain('within a string')
  })

  it.each(['', '[', ']', '{"a"}', '[1,]', '01', 'nul', '[]]', '"\t"'])('is nothing else: %j', (text) => {
    expect(problemOf(text)).toContain('not JSON')
  })

  it('is UTF-8', () => {
    expect(() => parseJson(Uint8Array.of(0x22, 0xff, 0x22), 8)).toThrow('not UTF-8')
  })
})

describe('third elements', () => {
  const thirdsOf = (text: string, depth: number): string[] => {
    const { thirds } = parseJson(utf8(text), 8, depth)
    return Array.from({ length: thirds.length / 2 }, (_, index) => text.slice(thirds[2 * index], thirds[2 * index + 1]))
  }

  it('are found in arrays of three at the depth asked for, whatever is in them', () => {
    const text = '[["a",1,[1,2,[3,4,5]]],["b",2],["c,",3,{"x,":"]",",":"\\""}],["d",4,5,6],[[1,2,3],{},-0]]'
    expect(thirdsOf(text, 2)).toEqual(['[1,2,[3,4,5]]', '{"x,":"]",",":"\\""}', '-0'])
    expect(thirdsOf(text, 3)).toEqual(['[3,4,5]', '3'])
    expect(thirdsOf(text, 1)).toEqual([])
    expect(thirdsOf('[[],[],[]]', 1)).toEqual(['[]'])
  })
})
