import { describe, expect, test } from 'vitest'
import { isVersion, toETag, versionOf } from '../src/etag.ts'

describe('a version is the opaque tag, in whatever form its ETag arrives', () => {
  test.each([
    ['"5d41402abc4b2a76"', 'quoted, as RFC 9110 says'],
    ['5d41402abc4b2a76', 'bare'],
    ['W/"5d41402abc4b2a76"', 'weakened by an intermediary'],
    ['"5d41402abc4b2a76-gzip"', 'marked by one that packs'],
    ['"5d41402abc4b2a76"-gzip', 'marked behind the quotes'],
    ['W/"5d41402abc4b2a76--gzip"', 'weakened and marked'],
    ['"5d41402abc4b2a76-br"', 'marked with another coding'],
    [' "5d41402abc4b2a76" ', 'with white space'],
  ])('%s: %s', (etag) => {
    expect(versionOf(etag)).toBe('5d41402abc4b2a76')
  })

  test('the number of parts at the end of an ETag stays', () => {
    expect(versionOf('"5d41402abc4b2a76-12"')).toBe('5d41402abc4b2a76-12')
  })

  test.each([null, undefined, '', '""', 'W/""', '"a b"', '"a"b"', '*', '"*"', '"a,b"', `"${'x'.repeat(1025)}"`])(
    '%j is none',
    (etag) => {
      expect(versionOf(etag)).toBeNull()
    },
  )
})

test.each(['', '*', 'a,b', '"a"', 'a b', 'a\nb', 'é'])('no file has version %j, so no header holds it', (version) => {
  expect(isVersion(version)).toBe(false)
})

test('a condition gives the version back in the form that the service wants', () => {
  expect(toETag('abc', 'quoted')).toBe('"abc"')
  expect(toETag('abc', 'unquoted')).toBe('abc')
})
