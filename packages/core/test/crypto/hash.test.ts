import { createHash, createHmac, hkdfSync } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex, utf8 } from '../../src/bytes.ts'
import { hkdfSha256, hmacSha256, sha256 } from '../../src/crypto/hash.ts'
import { label } from '../../src/crypto/label.ts'
import { createRuntime } from '../../src/runtime.ts'

const platform = createRuntime()
const { sha256: _, ...inJavaScript } = platform
const bytes = fc.uint8Array({ maxLength: 200 })

describe('SHA-256', () => {
  it.each([
    ['the platform', platform],
    ['JavaScript', inJavaScript],
  ])('by %s gives the values of FIPS 180-4', (_name, runtime) => {
    expect(toHex(sha256(runtime, utf8('abc')))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
    expect(toHex(sha256(runtime, utf8('')))).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  })

  it('is the same by the platform and in JavaScript', () => {
    fc.assert(
      fc.property(bytes, (data) => {
        const expected = new Uint8Array(createHash('sha256').update(data).digest())
        expect(new Uint8Array(sha256(platform, data))).toEqual(expected)
        expect(sha256(inJavaScript, data)).toEqual(expected)
      }),
    )
  })
})

describe('HMAC-SHA-256', () => {
  it('gives the values of RFC 4231, cases 1 and 6', () => {
    expect(toHex(hmacSha256(fromHex('0b'.repeat(20)), utf8('Hi '), utf8('There')))).toBe(
      'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
    )
    expect(
      toHex(hmacSha256(fromHex('aa'.repeat(131)), utf8('Test Using Larger Than Block-Size Key - Hash Key First'))),
    ).toBe('60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54')
  })

  it('agrees with another implementation', () => {
    fc.assert(
      fc.property(bytes, bytes, (key, data) => {
        expect(toHex(hmacSha256(key, data))).toBe(createHmac('sha256', key).update(data).digest('hex'))
      }),
    )
  })
})

describe('HKDF-SHA-256', () => {
  it('gives the values of RFC 5869, cases 1 and 3', () => {
    const ikm = fromHex('0b'.repeat(22))
    expect(toHex(hkdfSha256(ikm, fromHex('000102030405060708090a0b0c'), fromHex('f0f1f2f3f4f5f6f7f8f9'), 42))).toBe(
      '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
    )
    expect(toHex(hkdfSha256(ikm, fromHex(''), fromHex(''), 42))).toBe(
      '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
    )
  })

  it('agrees with another implementation', () => {
    fc.assert(
      fc.property(bytes, bytes, bytes, fc.integer({ min: 1, max: 100 }), (ikm, salt, info, length) => {
        const expected = Buffer.from(hkdfSync('sha256', ikm, salt, info, length)).toString('hex')
        expect(toHex(hkdfSha256(ikm, salt, info, length))).toBe(expected)
      }),
    )
  })
})

describe('a label', () => {
  it('is the name between the format and a zero byte', () => {
    expect(toHex(label('shard'))).toBe('7661756c7464622f3120736861726400')
  })
})
