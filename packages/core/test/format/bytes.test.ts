import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  concatBytes,
  equalBytes,
  fromBase64Url,
  fromHex,
  fromUtf8,
  isBase64Url,
  readU32be,
  toBase64Url,
  toHex,
  u32be,
  utf8,
  utf8Length,
} from '../../src/bytes.ts'

const bytes = fc.uint8Array({ maxLength: 100 })
/** Any sequence of UTF-16 code units, lone surrogates included. */
const units = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0xd7f0, max: 0xe00f })))
  .map((codes) => String.fromCharCode(...codes))

describe('base64url', () => {
  it('agrees with another implementation and comes back', () => {
    fc.assert(
      fc.property(bytes, (data) => {
        const text = toBase64Url(data)
        expect(text).toBe(Buffer.from(data).toString('base64url'))
        expect(fromBase64Url(text)).toEqual(data)
        expect(fromBase64Url(text, data.length)).toEqual(data)
      }),
    )
  })

  it('takes one spelling for each value and no other', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), (text) => {
        const canonical = Buffer.from(text, 'base64url').toString('base64url') === text
        expect(isBase64Url(text, Math.floor((text.length * 3) / 4))).toBe(canonical)
      }),
    )
  })

  it.each(['A', 'AB', 'AAB', 'AA==', 'AAA+', 'AA A', 'AAA\n', 'AAAAé'])('refuses %j', (text) => {
    expect(() => fromBase64Url(text)).toThrow(RangeError)
  })

  it('refuses another length than asked for', () => {
    expect(() => fromBase64Url('AAAA', 2)).toThrow(RangeError)
    expect(() => fromBase64Url('AAAA', 4)).toThrow(RangeError)
    expect(isBase64Url(undefined, 3)).toBe(false)
  })
})

describe('hexadecimal', () => {
  it('agrees with another implementation and comes back', () => {
    fc.assert(
      fc.property(bytes, (data) => {
        expect(toHex(data)).toBe(Buffer.from(data).toString('hex'))
        expect(fromHex(toHex(data))).toEqual(data)
      }),
    )
  })

  it.each(['0', 'AB', '0g', ' 00'])('refuses %j', (text) => {
    expect(() => fromHex(text)).toThrow(RangeError)
  })
})

describe('text', () => {
  it('has the length that its bytes have, lone surrogates included', () => {
    fc.assert(
      fc.property(units, (text) => {
        expect(utf8Length(text)).toBe(utf8(text).length)
      }),
    )
  })

  it.each([0x7f, 0x80, 0x7ff, 0x800, 0xffff, 0x10000])('has the right length at %i, where lengths change', (code) => {
    const text = String.fromCodePoint(code)
    expect(utf8Length(text)).toBe(utf8(text).length)
  })

  it('comes back with a byte order mark, and not at all from bytes that are not UTF-8', () => {
    expect(fromUtf8(utf8('\ufeffé𝒳'))).toBe('\ufeffé𝒳')
    for (const bad of ['ff', 'c080', 'eda080', 'f4908080', 'e282'])
      expect(() => fromUtf8(fromHex(bad))).toThrow(TypeError)
  })
})

describe('bytes', () => {
  it('are equal exactly when they are the same', () => {
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        expect(equalBytes(a, b)).toBe(Buffer.compare(a, b) === 0)
        expect(equalBytes(a, a.slice())).toBe(true)
      }),
    )
  })

  it('join in order', () => {
    expect(concatBytes(fromHex('0102'), fromHex(''), fromHex('03'))).toEqual(fromHex('010203'))
  })

  it('hold 32-bit numbers, most significant byte first', () => {
    expect(u32be(0xfffefdfc)).toEqual(fromHex('fffefdfc'))
    expect(readU32be(fromHex('00fffefdfc'), 1)).toBe(0xfffefdfc)
  })
})
