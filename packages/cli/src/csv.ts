import { joinPath } from '@vaultdb/core'
import { type CsvRecord, readRecords } from './csv-records.ts'

/** One row of a browser's password export. */
export interface BrowserCsvEntry {
  /** The line that the row begins on, from 1. */
  readonly line: number
  readonly name: string
  readonly url: string
  readonly username: string
  readonly password: string
  readonly note: string
  /** What stood in columns that browsers do not agree on (`OTPAuth`, `guid`), where not empty. */
  readonly others: Readonly<Record<string, string>>
}

/** A row that could not be read. The reason never quotes the row. */
export interface BrowserCsvProblem {
  /** The line that the row begins on, from 1. */
  readonly line: number
  readonly reason: string
}

/** Every row of the file is in one of the two lists. Both are in the order of the file. */
export interface BrowserCsv {
  readonly entries: readonly BrowserCsvEntry[]
  readonly problems: readonly BrowserCsvProblem[]
}

/** A login as it is stored in a vault. */
export type LoginDocument = Readonly<Record<LoginField, string>> & {
  readonly others?: Readonly<Record<string, string>>
}

/** A document and the path it goes to, with the line that it came from. */
export interface LoginAtPath {
  readonly line: number
  readonly path: string
  readonly value: LoginDocument
}

/** The columns of Chrome's export, in its order. */
export const LOGIN_FIELDS = ['name', 'url', 'username', 'password', 'note'] as const

/** One of {@link LOGIN_FIELDS}. */
export type LoginField = (typeof LOGIN_FIELDS)[number]

/** Longest field in UTF-16 units; more is a sign of a lost quote rather than of a login. */
const MAX_FIELD_LENGTH: Readonly<Record<LoginField | 'others', number>> = {
  name: 4096,
  url: 8192,
  username: 4096,
  password: 4096,
  note: 65_536,
  others: 65_536,
}

/** What other programs call the columns: Chrome, Edge and Brave use our names, Firefox has no name, Safari has its own. */
const ALIASES: ReadonlyMap<string, LoginField> = new Map([
  ...LOGIN_FIELDS.map((field) => [field, field] as const),
  ['title', 'name'],
  ['notes', 'note'],
  ['website', 'url'],
  ['login_uri', 'url'],
  ['login_username', 'username'],
  ['login_password', 'password'],
])

interface Column {
  readonly title: string
  readonly field: LoginField | 'others'
}

/**
 * Reads the CSV that browsers export passwords to: `name,url,username,password,note` in any order, also Firefox's and Safari's
 * columns. Takes text, or bytes in UTF-8 or in UTF-16 with a byte order mark. Rows that cannot be used are reported with their line
 * and the reason; nothing is dropped silently, and no content of the file makes it throw.
 *
 * @example
 * ```ts
 * import { readBrowserCsv } from 'vaultdb/csv'
 * const { entries, problems } = readBrowserCsv('name,url,username,password\nMail,https://mail.example,bob,s3cret\n')
 * ```
 */
export function readBrowserCsv(csv: string | Uint8Array): BrowserCsv {
  const entries: BrowserCsvEntry[] = []
  const problems: BrowserCsvProblem[] = []
  let columns: readonly Column[] | undefined
  for (const record of readRecords(csv)) {
    const outcome = columns === undefined ? readHeader(record) : readRow(record, columns)
    if (typeof outcome === 'string') problems.push({ line: record.line, reason: outcome })
    else if ('length' in outcome) columns = outcome
    else entries.push(outcome)
    if (columns === undefined) break
  }
  if (columns === undefined && problems.length === 0) problems.push({ line: 1, reason: 'the file is empty' })
  return { entries, problems }
}

/** The columns, or why the first row does not name them; then no row of the file is read. */
function readHeader(record: CsvRecord): readonly Column[] | string {
  if ('reason' in record) return record.reason
  const columns = record.fields.map((text): Column => {
    const title = text.trim()
    return { title, field: ALIASES.get(title.toLowerCase()) ?? 'others' }
  })
  const known = columns.map(({ field }) => field).filter((field) => field !== 'others')
  if (!known.includes('password') || !known.includes('url')) {
    return 'no row was read: the first one must name the columns, as in name,url,username,password,note'
  }
  const titles = columns.map(({ title, field }) => (field === 'others' ? title : field))
  if (new Set(titles).size < titles.length) return 'no row was read: two columns have the same name'
  return columns
}

function readRow(record: CsvRecord, columns: readonly Column[]): BrowserCsvEntry | string {
  if ('reason' in record) return record.reason
  const { fields, line } = record
  if (fields.length !== columns.length) return `${fields.length} columns instead of ${columns.length}`
  const login: Record<LoginField, string> = { name: '', url: '', username: '', password: '', note: '' }
  const others: [title: string, text: string][] = []
  for (const [index, { title, field }] of columns.entries()) {
    const text = fields[index] ?? ''
    if (text.includes('\0')) return `the column ${index + 1} holds a NUL character`
    if (text.length > MAX_FIELD_LENGTH[field])
      return `the column ${index + 1} is longer than ${MAX_FIELD_LENGTH[field]} characters`
    if (field !== 'others') login[field] = text
    else if (text !== '') others.push([title, text])
  }
  if (login.password === '') return 'the password is missing'
  return { line, ...login, name: login.name || hostOf(login.url), others: Object.fromEntries(others) }
}

function hostOf(url: string): string {
  try {
    return new URL(url).host
  } catch {
    return ''
  }
}

/**
 * Gives every login a path of its own, `/logins/<host>/<user name>`. A second one with the same host and user name gets ` (2)` after it, a
 * third ` (3)`, in the order of the file: none replaces another, and importing the same file again finds the same paths.
 */
export function loginsAtPaths(entries: readonly BrowserCsvEntry[], directory = '/logins/'): LoginAtPath[] {
  const taken = new Set<string>()
  const copies = new Map<string, number>()
  return entries.map(({ line, others, ...login }) => {
    const host = hostOf(login.url) || login.name || '(no site)'
    const user = login.username || '(no user name)'
    const first = joinPath(directory, host, user)
    let path = first
    let copy = copies.get(first) ?? 1
    // A user may really be called "bob (2)", so counting alone is not enough.
    for (; taken.has(path); path = joinPath(directory, host, `${user} (${copy})`)) copy++
    taken.add(path)
    copies.set(first, copy)
    return { line, path, value: Object.keys(others).length === 0 ? login : { ...login, others } }
  })
}
