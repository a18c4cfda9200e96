import { CsvError, parse } from 'csv-parse/sync'

/** One record of a CSV file, or what is wrong with it; `line` is the one it begins on, from 1. */
export type CsvRecord =
  | { readonly line: number; readonly fields: readonly string[] }
  | { readonly line: number; readonly reason: string }

/** A quote that is never closed would swallow the rest of the file; no record of logins is this long. */
const MAX_RECORD_BYTES = 262_144

const LF = 0x0a
const CR = 0x0d

const REASONS: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'a quote is opened and never closed',
  CSV_INVALID_CLOSING_QUOTE: 'a quote is opened and not closed before the next one',
  INVALID_OPENING_QUOTE: 'a quote stands in the middle of a field that has none around it',
  CSV_MAX_RECORD_SIZE: 'a quote is opened and not closed, or the row is too long',
}

/**
 * The records of a CSV file (RFC 4180, with line ends of any kind). After a broken one, reading goes on with the line that follows its
 * first: what a lost quote would have swallowed is read or reported by itself.
 */
export function* readRecords(csv: string | Uint8Array): Generator<CsvRecord, void, undefined> {
  const bytes = typeof csv === 'string' ? new TextEncoder().encode(csv.replace(/^\uFEFF/, '')) : toUtf8(csv)
  if ('reason' in bytes) return yield bytes
  let offset = 0
  let line = 1
  while (offset < bytes.length) {
    const { records, end, reason } = parseUntilFault(bytes.subarray(offset))
    let at = offset
    for (const { fields, end: recordEnd } of records) {
      if (fields.length > 1 || fields[0] !== '') yield { line, fields }
      line += countLines(bytes, at, offset + recordEnd)
      at = offset + recordEnd
    }
    if (reason === null) return
    yield { line, reason }
    offset = nextLine(bytes, offset + end)
    line++
  }
}

interface Parsed {
  readonly records: readonly { readonly fields: readonly string[]; readonly end: number }[]
  /** Offset of the first byte that no record holds. */
  readonly end: number
  /** Why the record that begins at `end` could not be read; `null` at the end of the file. */
  readonly reason: string | null
}

function parseUntilFault(bytes: Uint8Array): Parsed {
  const records: { fields: readonly string[]; end: number }[] = []
  try {
    parse(bytes, {
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true, // counted by the reader of the columns, who can say what was expected
      max_record_size: MAX_RECORD_BYTES,
      on_record: (fields: string[], context) => {
        records.push({ fields, end: context.bytes })
        return null
      },
    })
    return { records, end: bytes.length, reason: null }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    return { records, end: records.at(-1)?.end ?? 0, reason: REASONS[error.code] ?? 'the row is not CSV' }
  }
}

/** The file's bytes in UTF-8, without a byte order mark; what is no text is refused: a password must not change on its way. */
function toUtf8(bytes: Uint8Array): Uint8Array | { line: number; reason: string } {
  const mark = (bytes[0] ?? 0) * 256 + (bytes[1] ?? 0)
  const encoding = mark === 0xfffe ? 'utf-16le' : mark === 0xfeff ? 'utf-16be' : 'utf-8'
  try {
    return new TextEncoder().encode(new TextDecoder(encoding, { fatal: true }).decode(bytes))
  } catch {
    return { line: 1, reason: `no row was read: the file is not text in ${encoding.toUpperCase()}; save it as UTF-8` }
  }
}

/** Line ends in a part of the file: CR LF, LF and CR each count once. */
function countLines(bytes: Uint8Array, from: number, to: number): number {
  let lines = 0
  for (let at = from; at < to; at++) {
    if (bytes[at] === LF || (bytes[at] === CR && bytes[at + 1] !== LF)) lines++
  }
  return lines
}

function nextLine(bytes: Uint8Array, from: number): number {
  for (let at = from; at < bytes.length; at++) {
    if (bytes[at] === LF || (bytes[at] === CR && bytes[at + 1] !== LF)) return at + 1
  }
  return bytes.length
}
