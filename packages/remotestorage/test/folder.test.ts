import { describe, expect, test } from 'vitest'
import { parseFolder, toListed } from '../src/folder.ts'

const bytes = (value: unknown): Uint8Array =>
  new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value))

describe('folder descriptions', () => {
  test('tell files, their versions and sizes, and folders', () => {
    const items = {
      vault: { ETag: '1', 'Content-Type': 'application/octet-stream', 'Content-Length': 5 },
      quoted: { ETag: 'W/"2"', 'Content-Length': '7' },
      bare: {},
      'shards/': { ETag: '3' },
      broken: 'x',
    }
    const parsed = parseFolder(bytes({ '@context': 'http://remotestorage.io/spec/folder-description', items }))
    expect(parsed?.folders).toEqual(['shards/'])
    expect(parsed?.files.map((file) => toListed(file.name, file))).toEqual([
      { key: 'vault', version: '1', size: 5 },
      { key: 'quoted', version: '2' },
      { key: 'bare' },
    ])
  })

  test.each(['', '<html>', '[]', 'null', '{}', '{"items":[]}', '{"items":null}', '\u00ff'])('%j is none', (body) => {
    expect(parseFolder(bytes(body))).toBeNull()
  })

  test('nor is what is no UTF-8', () => {
    expect(parseFolder(Uint8Array.of(0x22, 0xff, 0x22))).toBeNull()
  })
})
