import { isDeepStrictEqual } from 'node:util'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { utf8 } from '../../src/bytes.ts'
import { StoredDocument } from '../../src/format/document.ts'

const MAX = 1_048_576
const textOf = (value: unknown): string => StoredDocument.fromValue(value, MAX).text
const roundTrip = (value: unknown): unknown => StoredDocument.fromValue(value, MAX).toValue()

const units = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 8 })
  .map((codes) => String.fromCharCode(...codes))
const keys = fc.oneof(units, fc.constantFrom('__proto__', 'constructor', 'toJSON', '0', '1', '', 'length'))
const { document: documents } = fc.letrec<{ value: unknown; document: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    units,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(keys, tie('value'), { maxKeys: 4 }),
  ),
  document: tie('value').filter((value) => value !== null),
}))

/** A chain of arrays, `depth` deep. */
function nested(depth: number): unknown {
  let value: unknown = 1
  for (let level = 0; level < depth; level++) value = [value]
  return value
}

function place(value: unknown): string {
  try {
    StoredDocument.fromValue(value, MAX)
  } catch (error) {
    if (error instanceof TypeError) return error.message
    throw error
  }
  return 'stored'
}

describe('a stored document', () => {
  it('gives back exactly what was put in', () => {
    fc.assert(
      fc.property(documents, (value) => {
        // Not toStrictEqual, which trips over members named "constructor". This one tells -0 from 0, too.
        expect(isDeepStrictEqual(roundTrip(value), structuredCopy(value))).toBe(true)
      }),
    )
  })

  it('is written as JSON.stringify would, but for -0', () => {
    fc.assert(
      fc.property(documents, (value) => {
        const text = textOf(value)
        expect(JSON.stringify(JSON.parse(text))).toBe(JSON.stringify(value))
        if (!text.includes('-0')) expect(text).toBe(JSON.stringify(value))
      }),
    )
  })

  it('knows its length in bytes', () => {
    fc.assert(
      fc.property(documents, (value) => {
        const document = StoredDocument.fromValue(value, MAX)
        expect(document.byteLength).toBe(utf8(document.text).length)
      }),
    )
  })

  it('gives a fresh copy each time', () => {
    const document = StoredDocument.fromValue({ tags: ['a'] }, MAX)
    const copy = document.toValue() as { tags: string[] }
    copy.tags.push('b')
    expect(document.toValue()).toEqual({ tags: ['a'] })
  })

  it('does not follow later changes of the value', () => {
    const value = { tags: ['a'] }
    const document = StoredDocument.fromValue(value, MAX)
    value.tags.push('b')
    expect(document.toValue()).toEqual({ tags: ['a'] })
  })

  it('equals a document with the same JSON', () => {
    const document = StoredDocument.fromValue({ a: 1, b: undefined }, MAX)
    expect(document.equals(StoredDocument.fromText('{"a":1}'))).toBe(true)
    expect(document.equals(StoredDocument.fromText('{"a":-0}'))).toBe(false)
  })

  it('keeps -0, lone surrogates and own __proto__ members', () => {
    expect(textOf([-0, 0])).toBe('[-0,0]')
    expect(Object.is((roundTrip([-0]) as number[])[0], -0)).toBe(true)
    expect(textOf('\ud800')).toBe('"\\ud800"')
    expect(roundTrip('a\udfffb')).toBe('a\udfffb')
    const hostile: unknown = JSON.parse('{"__proto__":{"admin":true}}')
    expect(textOf(hostile)).toBe('{"__proto__":{"admin":true}}')
    const copy = roundTrip(hostile) as { admin?: boolean }
    expect(copy.admin).toBeUndefined()
    expect(Object.keys(copy)).toEqual(['__proto__'])
  })

  it('leaves out properties that are undefined, and only those', () => {
    expect(textOf({ a: undefined, b: null, c: [], d: undefined })).toBe('{"b":null,"c":[]}')
  })

  it('takes objects without a prototype and from another realm', () => {
    expect(textOf(Object.assign(Object.create(null), { a: 1 }))).toBe('{"a":1}')
    expect(textOf(runInNewContext('({ a: [1, { b: 2 }] })'))).toBe('{"a":[1,{"b":2}]}')
  })

  it('reads each property once and calls no toJSON', () => {
    let reads = 0
    const value = {
      get a() {
        return ++reads
      },
      nested: { toJSON: 'a word like any other' },
    }
    expect(textOf(value)).toBe('{"a":1,"nested":{"toJSON":"a word like any other"}}')
    expect(place({ toJSON: () => 'x' })).toContain('$.toJSON is a function')
  })
})

describe('what JSON cannot hold', () => {
  const cyclic: Record<string, unknown> = { name: 'x' }
  cyclic.self = [cyclic]
  class Login {
    user = 'bob'
  }
  class Realm {
    isPrototypeOf(): boolean {
      return false
    }
  }

  it.each<[string, unknown, string]>([
    ['undefined', undefined, '$ is undefined'],
    ['null itself', null, 'null'],
    ['undefined in an array', { logins: [1, undefined] }, '$.logins[1] is undefined'],
    ['a hole', { list: Array(3) }, '$.list is an array with holes'],
    ['an array with a name', Object.assign([1], { extra: true }), '$ is an array with holes or with properties'],
    [
      'a Date',
      { logins: [0, 1, 2, { expires: new Date(0) }] },
      '$.logins[3].expires is an instance of Date: store plain',
    ],
    ['a Map', { m: new Map() }, '$.m is an instance of Map'],
    ['a Set', { m: new Set() }, '$.m is an instance of Set'],
    ['a class', { login: new Login() }, '$.login is an instance of a class'],
    ['a RegExp', { r: /x/ }, '$.r is an instance of RegExp'],
    ['a Promise', { p: Promise.resolve() }, '$.p is an instance of Promise'],
    ['an Error', { e: new RangeError() }, '$.e is an instance of Error'],
    ['bytes', { key: new Uint8Array(3) }, '$.key is an instance of Uint8Array'],
    ['a buffer', { key: new ArrayBuffer(3) }, '$.key is an instance of ArrayBuffer'],
    ['a class in the place of a realm', new Realm(), '$ is an instance of a class'],
    ['a prototype of its own', Object.create(Object.create(null)), '$ is an instance of a class'],
    ['something behind others', { a: { b: [1] }, c: [{}, 5n] }, '$.c[1] is a bigint'],
    ['a name with a space', { a: { ' b': 5n } }, '$.a[" b"] is a bigint'],
    ['a name with a sign', { 'a-b': 5n }, '$["a-b"] is a bigint'],
    ['a name of one letter and a number', [{ b2: 5n }], '$[0].b2 is a bigint'],
    ['a boxed number', Object(5), '$ is an instance of Number'],
    ['NaN', { 'a b': Number.NaN }, '$["a b"] is NaN'],
    ['Infinity', [Number.NEGATIVE_INFINITY], '$[0] is -Infinity'],
    ['a bigint', { n: 5n }, '$.n is a bigint: store it as text'],
    ['a function', { f: () => 1 }, '$.f is a function'],
    ['a symbol', { s: Symbol('x') }, '$.s is a symbol'],
    ['a symbol as a key', { deep: { [Symbol('x')]: 1 } }, '$.deep is an object with a symbol as a key'],
    ['a cycle', cyclic, '$.self[0] is an object that contains itself'],
    ['deep nesting', { a: nested(100) }, 'is nested deeper than 100 levels'],
  ])('%s is refused, with its place', (_name, value, message) => {
    expect(place(value)).toContain(message)
  })

  it('nesting is allowed up to 100 levels, and one object in two places is no cycle', () => {
    expect(place(nested(100))).toBe('stored')
    const shared = { a: 1 }
    expect(textOf([shared, shared])).toBe('[{"a":1},{"a":1}]')
  })
})

describe('the limit of size', () => {
  it('counts UTF-8 bytes', () => {
    expect(StoredDocument.fromValue('é'.repeat(4), 10).byteLength).toBe(10)
    expect(StoredDocument.fromValue('x'.repeat(8), 10).byteLength).toBe(10)
    expect(() => StoredDocument.fromValue('é'.repeat(5), 10)).toThrow(
      expect.objectContaining({ code: 'ERR_TOO_LARGE' }),
    )
  })

  it('says that nothing was applied', () => {
    const store = () => StoredDocument.fromValue('x'.repeat(10), 10)
    expect(store).toThrow(expect.objectContaining({ code: 'ERR_TOO_LARGE', applied: 'no' }))
  })

  it('reads no more of a document than fits', () => {
    let reads = 0
    const member = { enumerable: true, get: () => 'x'.repeat(100 + 0 * ++reads) }
    const value = Object.defineProperties({}, Object.fromEntries(range(1_000).map((at) => [`k${at}`, member])))
    expect(() => StoredDocument.fromValue(value, 1_000)).toThrow(expect.objectContaining({ code: 'ERR_TOO_LARGE' }))
    expect(reads).toBe(10)
  })

  it.each([
    ['a long text', 'x'.repeat(2_000_000)],
    ['many items', Array(2_000_000).fill(0)],
    ['many members', Object.fromEntries(Array.from({ length: 400_000 }, (_, index) => [`k${index}`, 0]))],
    ['a sparse array', Array(2 ** 32 - 1)],
  ])('refuses %s', (_name, value) => {
    expect(() => StoredDocument.fromValue(value, MAX)).toThrow(expect.objectContaining({ code: 'ERR_TOO_LARGE' }))
  })
})

const range = (length: number): number[] => Array.from({ length }, (_, index) => index)

/** Another way to copy: `fast-check` makes objects with and without prototype, which a parser does not tell apart. */
function structuredCopy(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(structuredCopy)
  const copy = {}
  for (const key of Object.keys(value)) {
    const member = structuredCopy((value as Record<string, unknown>)[key])
    Object.defineProperty(copy, key, { value: member, writable: true, enumerable: true, configurable: true })
  }
  return copy
}
