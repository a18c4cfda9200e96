import { errorCode, joinPath } from '@vaultdb/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  depthOf,
  isDirectoryPath,
  isDocumentName,
  markedDirectories,
  markerOf,
  parentOf,
  parseDirectoryPath,
  parseDocumentPath,
} from '../../src/path/path.ts'

/** Texts of all kinds: any UTF-16 code units, lone surrogates included, and what paths are made of. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 12 }).map((units) => String.fromCharCode(...units)),
  fc.string({
    unit: fc.constantFrom('%', '/', '.', '~', 'u', '2', '5', 'F', 'D', '8', '0', '\0', '\ud800', '\udc00'),
    maxLength: 9,
  }),
  fc.string({ minLength: 200, maxLength: 400 }),
)

const BAD = [
  ['relative', 'a'],
  ['relative with a dot', './a'],
  ['an empty segment', '/a//b'],
  ['two leading slashes', '//a'],
  ['a dot', '/a/./b'],
  ['a dot at the end', '/a/.'],
  ['two dots', '/../a'],
  ['two dots at the end', '/a/..'],
  ['NUL', '/a\0b'],
  ['a lone high surrogate', '/\ud83e'],
  ['a lone low surrogate', '/\udd8a'],
  ['surrogates the wrong way round', '/\udd8a\ud83e'],
  ['1,025 bytes', `/${'x'.repeat(1024)}`],
  ['1,025 bytes in fewer characters', `/${'é'.repeat(512)}`],
  ['1,025 bytes in four-byte characters', `/${'🦊'.repeat(256)}`],
] as const

describe.each(BAD)('a path with %s', (_what, path) => {
  test('is no document path and no directory path', () => {
    for (const parse of [parseDocumentPath, parseDirectoryPath]) {
      for (const each of [path, `${path}/`]) {
        const caught = (() => {
          try {
            return parse(each)
          } catch (error) {
            return error
          }
        })()
        expect(errorCode(caught)).toBe('ERR_INVALID_PATH')
        const message = caught instanceof Error ? caught.message : ''
        if (path.length > 3) expect(message).not.toContain(path)
      }
    }
    expect(isDirectoryPath(`${path}/`)).toBe(false)
  })
})

test.each([
  '/a',
  '/.a',
  '/a.',
  '/...',
  '/..a',
  '/ ',
  '/\\',
  '/%2F',
  '/\u0001',
  '/\ufeff',
  '/🦊',
  `/${'x'.repeat(1023)}`,
  '/*?<>|":',
])('%j is a document path', (path) => {
  expect(parseDocumentPath(path)).toEqual({ path, directory: '/', name: path.slice(1) })
  expect(isDocumentName(path.slice(1))).toBe(true)
  expect(() => parseDirectoryPath(path)).toThrow('must end in "/"')
})

test.each(['/', '/a/', '/a/b/', `/${'x'.repeat(1022)}/`])('%j is a directory path', (path) => {
  expect(parseDirectoryPath(path)).toBe(path)
  expect(() => parseDocumentPath(path)).toThrow('names a directory')
})

test.each([undefined, null, 1, {}, ['/a'], Symbol('/a'), new String('/a')])(
  'what is no string is a TypeError',
  (value) => {
    expect(() => parseDocumentPath(value as string)).toThrow(TypeError)
    expect(() => parseDirectoryPath(value as string)).toThrow(TypeError)
  },
)

test('an empty text is no path', () => {
  expect(() => parseDocumentPath('')).toThrow(expect.objectContaining({ code: 'ERR_INVALID_PATH' }))
  expect(() => parseDirectoryPath('')).toThrow(expect.objectContaining({ code: 'ERR_INVALID_PATH' }))
})

test('parents, markers and depths agree', () => {
  const segment = fc.constantFrom('a', 'b', '..a', '🦊', ' ')
  fc.assert(
    fc.property(fc.array(segment, { maxLength: 6 }), (segments) => {
      const directory = `/${segments.map((each) => `${each}/`).join('')}`
      expect(depthOf(directory)).toBe(segments.length)
      const marked = markedDirectories(directory)
      expect(marked).toHaveLength(segments.length)
      let at = directory
      for (const each of marked) {
        expect(each).toBe(at)
        const marker = markerOf(each)
        expect(marker.directory + marker.name).toBe(each)
        expect(marker.directory).toBe(parentOf(each))
        at = marker.directory
      }
      expect(at).toBe('/')
      expect(parentOf(at)).toBeNull()
    }),
  )
})

describe('joinPath', () => {
  test('makes a valid path, with one segment for each text, from any texts', () => {
    fc.assert(
      fc.property(fc.array(anyText, { minLength: 1, maxLength: 3 }), (texts) => {
        const path = joinPath('/d/', ...texts)
        expect(parseDocumentPath(path).path).toBe(path)
        expect(path.slice('/d/'.length).split('/')).toHaveLength(texts.length)
        for (const each of path.slice('/d/'.length).split('/')) {
          expect(Buffer.byteLength(each)).toBeLessThanOrEqual(255)
          expect(isDocumentName(each)).toBe(true)
        }
      }),
      { numRuns: 1000 },
    )
  })

  test('makes different paths from different texts', () => {
    const pair = fc.oneof(
      fc.tuple(anyText, anyText),
      // A text and what it becomes, which must not be what it becomes of.
      anyText.map((text): [string, string] => [text, joinPath('/', text).slice(1)]),
      fc
        .tuple(anyText, fc.nat(400), anyText)
        .map(([text, at, other]): [string, string] => [text, text.slice(0, at) + other + text.slice(at)]),
    )
    fc.assert(
      fc.property(pair, ([one, other]) => {
        expect(joinPath('/', one) === joinPath('/', other)).toBe(one === other)
      }),
      { numRuns: 3000 },
    )
  })

  test('keeps texts apart that only Unicode says are equal', () => {
    expect(joinPath('/', '\u00e9')).not.toBe(joinPath('/', 'e\u0301'))
    expect(joinPath('/', '\ufb01')).not.toBe(joinPath('/', 'fi'))
  })

  test('leaves ordinary names as they are', () => {
    for (const name of ['example.com', 'Ann Smith', 'ann@example.com', 'ü🦊', '__proto__', '...']) {
      expect(joinPath('/logins/', name)).toBe(`/logins/${name}`)
    }
    expect(joinPath('/logins/', 'https://example.com/')).toBe('/logins/https:%2F%2Fexample.com%2F')
  })

  test('refuses what it cannot join', () => {
    expect(() => joinPath('/a', 'b')).toThrow(expect.objectContaining({ code: 'ERR_INVALID_PATH' }))
    expect(() => joinPath(`/${'x'.repeat(1022)}/`, 'b')).toThrow(expect.objectContaining({ code: 'ERR_INVALID_PATH' }))
    expect(() => joinPath('/')).toThrow(TypeError)
    expect(() => joinPath('/', 1 as unknown as string)).toThrow(TypeError)
  })
})
