import { describe, expect, test } from 'vitest'
import { isOpaqueTag, opaqueTagOf, quotedTag } from '../../src/adapter/etag.ts'

describe('ETags', () => {
  test.each([
    ['"1700000000000"', '1700000000000'],
    ['W/"1700000000000"', '1700000000000'],
    ['"1700000000000-gzip"', '1700000000000'],
    ['W/"1700000000000-gzip"', '1700000000000'],
    ['"1700000000000"-gzip', '1700000000000'],
    ['"1700000000000--gzip"', '1700000000000'],
    ['"1700000000000-br"', '1700000000000'],
    ['1700000000000', '1700000000000'],
    ['"a,b*c"', 'a,b*c'],
    ['"gzip"', 'gzip'],
    [null, null],
    [undefined, null],
    ['', null],
    ['""', null],
    ['"a b"', null],
    ['"\u00e9"', null],
    ['"a"b"', null],
    [17, null],
  ])('%j holds the tag %j', (etag, version) => {
    expect(opaqueTagOf(etag)).toBe(version)
  })

  test('a tag goes back as the server gave it', () => {
    expect(quotedTag('1700000000000')).toBe('"1700000000000"')
    expect(quotedTag('*')).toBe('"*"')
  })

  test.each(['', 'a"b', 'a\r\nb', 'a b', '\u20ac', 'x'.repeat(1025)])('%j is no tag', (version) => {
    expect(isOpaqueTag(version)).toBe(false)
  })
})
