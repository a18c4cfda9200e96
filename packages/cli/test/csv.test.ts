import { describe, expect, it } from 'vitest'
import { loginsAtPaths, readBrowserCsv } from '../src/csv.ts'

const HEADER = 'name,url,username,password,note\n'
const read = (rows: string) => readBrowserCsv(HEADER + rows)

describe('reading a browser export', () => {
  it('reads quoted commas, quotes and line breaks exactly', () => {
    const { entries, problems } = read('"A, ""B""",https://a.example,bob," p,""w ","line 1\r\nline 2"\r\n')
    expect(problems).toEqual([])
    expect(entries).toEqual([
      {
        line: 2,
        name: 'A, "B"',
        url: 'https://a.example',
        username: 'bob',
        password: ' p,"w ',
        note: 'line 1\r\nline 2',
        others: {},
      },
    ])
  })

  it.each([
    ['LF', '\n'],
    ['CR LF', '\r\n'],
    ['CR', '\r'],
  ])('counts lines that end in %s, also inside quotes', (_name, end) => {
    const csv = ['name,url,username,password', 'a,u,x,"1', '2"', '', 'b,u,x,', 'c,u,x,3'].join(end)
    const { entries, problems } = readBrowserCsv(csv)
    expect(entries.map(({ line, name }) => [line, name])).toEqual([
      [2, 'a'],
      [6, 'c'],
    ])
    expect(problems).toEqual([{ line: 5, reason: 'the password is missing' }])
  })

  it('skips a byte order mark, in UTF-8 and UTF-16', () => {
    const text = '\uFEFFname,url,username,password\nÄ😀,u,x,pässwörd\n'
    const utf16 = new Uint8Array(Buffer.from(text, 'utf16le'))
    for (const csv of [text, new TextEncoder().encode(text), utf16]) {
      expect(readBrowserCsv(csv).entries).toMatchObject([{ name: 'Ä😀', password: 'pässwörd' }])
    }
  })

  it("reads Firefox's columns, names a login by its host, and keeps what no column is known for", () => {
    const csv =
      '"url","username","password","httpRealm","formActionOrigin","guid"\r\n"https://fox.example/in","bob","pw","","https://fox.example","{1}"\r\n'
    expect(readBrowserCsv(csv).entries).toMatchObject([
      {
        name: 'fox.example',
        url: 'https://fox.example/in',
        others: { formActionOrigin: 'https://fox.example', guid: '{1}' },
      },
    ])
  })

  it("reads Safari's columns", () => {
    const csv = 'Title,URL,Username,Password,Notes,OTPAuth\nS,https://s.example/,bob,pw,n,otpauth://totp/x\n'
    expect(readBrowserCsv(csv).entries).toMatchObject([
      { name: 'S', password: 'pw', note: 'n', others: { OTPAuth: 'otpauth://totp/x' } },
    ])
  })

  it('takes a column named __proto__ for what it is', () => {
    const { entries } = readBrowserCsv('url,password,__proto__\nu,p,x\n')
    expect(Object.entries(entries[0]?.others ?? {})).toEqual([['__proto__', 'x']])
  })
})

describe('rows that cannot be used', () => {
  it.each([
    ['too few columns', 'a,u,x,hunter2\n', '4 columns instead of 5'],
    ['too many columns', 'a,u,x,hunter2,n,\n', '6 columns instead of 5'],
    ['no password', 'a,u,x,,n\n', 'the password is missing'],
    ['a NUL', 'a,u,x,hun\0ter2,n\n', 'the column 4 holds a NUL character'],
    ['an overlong field', `a,u,${'x'.repeat(4097)},hunter2,n\n`, 'the column 3 is longer than 4096 characters'],
    [
      'a quote inside a bare field',
      'a,u,x,hun"ter2,n\n',
      'a quote stands in the middle of a field that has none around it',
    ],
    ['a quote that is not closed', 'a,u,x,"hunter2,n\n', 'a quote is opened and never closed'],
    ['a quote that is not doubled', 'a,u,x,"hun"ter2,n\n', 'a quote is opened and not closed before the next one'],
  ])('reports %s with its line, and reads on', (_name, row, reason) => {
    const { entries, problems } = read(`first,u,x,p1,\n${row}last,u,x,p2,\n`)
    expect(problems).toEqual([{ line: 3, reason }])
    expect(entries.map(({ line, name }) => [line, name])).toEqual([
      [2, 'first'],
      [4, 'last'],
    ])
  })

  it('loses nothing behind a quote that is never closed, however much follows', () => {
    const rows = Array.from({ length: 10_000 }, (_, index) => `n${index},https://e.example,u${index},pass-${index},\n`)
    const { entries, problems } = read(`broken,u,x,"hunter2,n\n${rows.join('')}`)
    expect(problems).toHaveLength(1)
    expect(entries).toHaveLength(10_000)
    expect(entries.at(-1)?.line).toBe(10_002)
  })

  it('never quotes a password', () => {
    const { problems } = read('a,u,x,hunter2\na,u,x,"hunter2,n\nb,u,x,hun"hunter2"\n')
    expect(problems.length).toBeGreaterThan(2)
    expect(JSON.stringify(problems)).not.toContain('hunter2')
  })

  it.each([
    ['an empty file', '', 'the file is empty'],
    ['no header', 'GitHub,https://g.example,bob,pw,\n', 'no row was read: the first one must name the columns'],
    ['a column twice', 'url,password,Password\nu,p,q\n', 'no row was read: two columns have the same name'],
  ])('refuses %s', (_name, csv, reason) => {
    const { entries, problems } = readBrowserCsv(csv)
    expect(entries).toEqual([])
    expect(problems).toMatchObject([{ line: 1, reason: expect.stringContaining(reason) }])
  })

  it('refuses bytes that are not UTF-8 instead of changing passwords', () => {
    const latin1 = new Uint8Array(Buffer.from(`${HEADER}a,u,x,pässword,\n`, 'latin1'))
    expect(readBrowserCsv(latin1)).toMatchObject({ entries: [], problems: [{ line: 1 }] })
  })
})

describe('paths of logins', () => {
  const paths = (rows: string) => loginsAtPaths(read(rows).entries).map(({ path }) => path)

  it('come from host and user name', () => {
    expect(
      paths('A,https://a.example:8080/in?x,bob,1,\nB,android://hash@com.app.example/,,2,\nC,not a url,al/ice,3,\n'),
    ).toEqual(['/logins/a.example:8080/bob', '/logins/com.app.example/(no user name)', '/logins/C/al%2Fice'])
  })

  it('differ for logins that look the same, also for one that is named like a second copy', () => {
    const rows =
      'A,https://a.example,bob,1,\nA,https://a.example,bob (2),2,\nA,https://a.example,bob,3,\nA,https://a.example,bob,3,\n'
    const all = paths(rows)
    expect(new Set(all).size).toBe(4)
    expect(all[2]).toBe('/logins/a.example/bob (3)')
    expect(paths(rows)).toEqual(all)
  })

  it('stay within the limit for the longest texts', () => {
    const [path = ''] = paths(`${'n'.repeat(4000)},,${'😀'.repeat(1000)},1,\n`)
    expect(Buffer.byteLength(path)).toBeLessThanOrEqual(1024)
  })
})
