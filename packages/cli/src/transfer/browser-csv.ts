import { LOGIN_FIELDS, type LoginField, loginsAtPaths, readBrowserCsv } from '../csv.ts'
import type { ExportRow, ImportRow, ReportLoss, TransferFormat } from './format.ts'
import { readBytes } from './read-text.ts'

/** The password export of browsers: `name,url,username,password,note`. */
export const browserCsv: TransferFormat = {
  name: 'csv',
  extensions: ['.csv'],
  read: readLogins,
  write: writeLogins,
}

async function* readLogins(file: AsyncIterable<Uint8Array>): AsyncIterable<ImportRow> {
  const { entries, problems } = readBrowserCsv(await readBytes(file))
  yield* [...loginsAtPaths(entries), ...problems].sort((one, other) => one.line - other.line)
}

async function* writeLogins(documents: AsyncIterable<ExportRow>, reportLoss: ReportLoss): AsyncIterable<string> {
  yield `${LOGIN_FIELDS.join(',')}\r\n`
  for await (const [path, value] of documents) {
    const login = loginOf(value)
    if (login === null) {
      reportLoss(path, 'left out: it is no login (an object of texts, with a password)')
      continue
    }
    if (login.isMore) reportLoss(path, `only ${LOGIN_FIELDS.join(', ')} were written; use jsonl for the rest`)
    yield `${LOGIN_FIELDS.map((field) => quote(login.fields[field])).join(',')}\r\n`
  }
}

interface Login {
  readonly fields: Readonly<Record<LoginField, string>>
  /** Whether the document holds something that has no column. */
  readonly isMore: boolean
}

function loginOf(value: unknown): Login | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  const given = new Map(Object.entries(value))
  const fields: Record<LoginField, string> = { name: '', url: '', username: '', password: '', note: '' }
  for (const field of LOGIN_FIELDS) {
    const text = given.get(field) ?? ''
    if (typeof text !== 'string') return null
    fields[field] = text
    given.delete(field)
  }
  return fields.password === '' ? null : { fields, isMore: given.size > 0 }
}

/** RFC 4180, section 2, items 5 to 7; a field with spaces at its ends is quoted for readers that trim. */
function quote(text: string): string {
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
