import { describe, expect, it } from 'vitest'
import { browserCsv } from '../src/transfer/browser-csv.ts'
import type { ExportRow, ImportRow, TransferFormat } from '../src/transfer/format.ts'
import { formatFor } from '../src/transfer/formats.ts'
import { jsonLines } from '../src/transfer/json-lines.ts'
import { jsonObject } from '../src/transfer/json-object.ts'

/** The text in pieces that cut through characters and line ends. */
async function* inPieces(text: string | Uint8Array, size = 3): AsyncIterable<Uint8Array> {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}

const read = (format: TransferFormat, text: string | Uint8Array): Promise<ImportRow[]> =>
  all(format.read(inPieces(text)))

async function write(format: TransferFormat, rows: readonly ExportRow[]): Promise<{ text: string; losses: string[] }> {
  const losses: string[] = []
  async function* documents(): AsyncIterable<ExportRow> {
    yield* rows
  }
  const text = (await all(format.write(documents(), (path, reason) => losses.push(`${path}: ${reason}`)))).join('')
  return { text, losses }
}

const ROWS: readonly ExportRow[] = [
  ['/a', { name: 'Ä 😀', url: 'u', username: 'x"y', password: ' p,\r\n"q" ', note: '' }],
  ['/__proto__/constructor', { name: '', url: '', username: '', password: '\u2028', note: 'n' }],
]

describe.each([jsonLines, jsonObject])('the format $name', (format) => {
  it('brings every value back as it was', async () => {
    const rows: ExportRow[] = [
      ...ROWS,
      ['/x', [1, null, 'a\u0000']],
      ['/__proto__', { ['__proto__']: 1 }],
      ['/t', 'text'],
      ['/f', false],
    ]
    const { text, losses } = await write(format, rows)
    expect(losses).toEqual([])
    const back = await read(format, text)
    expect(back.map((row) => ('path' in row ? [row.path, JSON.stringify(row.value)] : row))).toEqual(
      rows.map(([path, value]) => [path, JSON.stringify(value)]),
    )
  })

  it('writes nothing as a file that reads as nothing', async () => {
    expect(await read(format, (await write(format, [])).text)).toEqual([])
  })

  it('refuses bytes that are not UTF-8', async () => {
    expect(await read(format, new Uint8Array([0x7b, 0xff, 0x7d]))).toEqual([
      { line: 1, reason: expect.stringContaining('not text in UTF-8') },
    ])
  })
})

describe('JSON lines', () => {
  it('reports each bad line and goes on', async () => {
    const lines = [
      '{"path":"/a","value":1}',
      '',
      '{"path":"/b","value":hunter2}',
      '[]',
      '{"path":5,"value":1}',
      '{"path":"/c"}',
      '{"path":"/d","value":1,"mode":2}',
      '\t{"path":"/e","value":{"x":[]}}\r',
    ]
    const rows = await read(jsonLines, lines.join('\n'))
    expect(rows).toEqual([
      { line: 1, path: '/a', value: 1 },
      { line: 3, reason: 'not JSON: invalid symbol, column 22' },
      { line: 4, reason: 'not an object' },
      { line: 5, reason: '"path" is missing or not a string' },
      { line: 6, reason: '"value" is missing' },
      { line: 7, reason: 'there are properties beside "path" and "value"' },
      { line: 8, path: '/e', value: { x: [] } },
    ])
  })
})

describe('a JSON object', () => {
  it('gives each path its line, and tells of one that stands twice', async () => {
    const rows = await read(jsonObject, '{\n"/a": {"/b": 1},\n"/b": 1,\n"/a": 2\n}')
    expect(rows).toEqual([
      { line: 2, reason: 'the same path stands again further down, and that one counts' },
      { line: 3, path: '/b', value: 1 },
      { line: 4, path: '/a', value: 2 },
    ])
  })

  it.each([
    ['{"/a": 1,\n "/b": }', 2, 'not JSON: value expected, line 2, column 8'],
    ['[1]', 1, 'not an object of paths and documents'],
    ['', 1, 'not JSON: value expected, column 1'],
  ])('reports %j', async (text, line, reason) => {
    expect(await read(jsonObject, text)).toEqual([{ line, reason }])
  })
})

describe('browser CSV', () => {
  it('brings logins back field by field', async () => {
    const { text, losses } = await write(browserCsv, ROWS)
    expect(losses).toEqual([])
    expect((await read(browserCsv, text)).map((row) => 'value' in row && row.value)).toEqual(
      ROWS.map(([, value]) => value),
    )
  })

  it('tells what it cannot hold', async () => {
    const login = { name: 'n', password: 'p' }
    const { text, losses } = await write(browserCsv, [
      ['/text', 'x'],
      ['/number', { ...login, note: 5 }],
      ['/nothing', { name: 'n' }],
      ['/more', { ...login, others: { OTPAuth: 'x' } }],
    ])
    expect(text).toBe('name,url,username,password,note\r\nn,,,p,\r\n')
    expect(losses).toHaveLength(4)
    expect(losses[3]).toContain('/more: only name, url, username, password, note were written')
  })

  it('puts rows and problems in the order of the file', async () => {
    const rows = await read(browserCsv, 'url,password\nu,1\nu\nu,2\n')
    expect(rows.map(({ line }) => line)).toEqual([2, 3, 4])
  })
})

describe('the format of a file', () => {
  it.each([
    ['a.csv', 'csv'],
    ['B.CSV', 'csv'],
    ['x.json', 'json'],
    ['x.jsonl', 'jsonl'],
    ['x.ndjson', 'jsonl'],
    ['x.txt', undefined],
    ['-', undefined],
  ])('of %s is %s', (file, name) => {
    expect(formatFor(undefined, file)?.name).toBe(name)
  })

  it('is the one that was named, whatever the file is called', () => {
    expect(formatFor('json', 'a.csv')?.name).toBe('json')
    expect(() => formatFor('xml', 'a.csv')).toThrow('--format is one of jsonl, json, csv.')
  })
})
