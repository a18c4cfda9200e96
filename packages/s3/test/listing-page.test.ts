import { describe, expect, test } from 'vitest'
import { parseListingPage } from '../src/listing-page.ts'

const parse = (text: string): unknown => parseListingPage(new TextEncoder().encode(text))

const PAGE = `<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><IsTruncated>true</IsTruncated>
<NextContinuationToken>a&amp;b=/+</NextContinuationToken>
<Contents><Key>p/vault</Key><ETag>&quot;abc&quot;</ETag><Size>12</Size><Owner><ID>o</ID></Owner></Contents>
<Contents><Key>p/odd</Key><Size>many</Size></Contents></ListBucketResult>`

test('a page names objects, their versions and sizes, and what asks for the next page', () => {
  expect(parse(PAGE)).toEqual({
    objects: [
      { name: 'p/vault', version: 'abc', size: 12 },
      { name: 'p/odd', version: null, size: null },
    ],
    continuation: 'a&b=/+',
  })
})

test('the last page has no continuation, whatever else it says', () => {
  expect(parse(PAGE.replace('true', 'false'))).toMatchObject({ continuation: null })
})

describe('is no listing', () => {
  test.each([
    ['nothing', ''],
    ['a page cut off', PAGE.slice(0, -10)],
    ['a web page', '<!doctype html><html><body>Sign in<br></body></html>'],
    ['a web page that is well-formed', '<html><body>Sign in</body></html>'],
    ['an error document', '<Error><Code>NoSuchBucket</Code></Error>'],
    ['a page that goes on without saying how', PAGE.replace(/<Next.*Token>/, '')],
    ['an entity of its own', '<!DOCTYPE a [<!ENTITY x "y">]><ListBucketResult>&x;</ListBucketResult>'],
  ])('%s', (_name, text) => {
    expect(parse(text)).toBeNull()
  })

  test('bytes that are no UTF-8', () => {
    expect(parseListingPage(Uint8Array.of(0x3c, 0xff))).toBeNull()
  })
})
