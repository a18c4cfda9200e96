import { systemCode } from '../exit-codes.ts'
import { JsonError, parseJson } from '../json.ts'
import type { ExportRow, ImportRow, TransferFormat } from './format.ts'

/** Longest line, in UTF-16 units: the largest document that a vault can be set to take, and its path. */
const MAX_LINE_LENGTH = 2 ** 25 + 65_536

/** One `{"path":…,"value":…}` on each line (JSON Lines). The only format that is read and written as a stream. */
export const jsonLines: TransferFormat = {
  name: 'jsonl',
  extensions: ['.jsonl', '.ndjson'],
  read: readJsonLines,
  write: writeJsonLines,
}

async function* readJsonLines(file: AsyncIterable<Uint8Array>): AsyncIterable<ImportRow> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let rest = ''
  let line = 1
  try {
    for await (const chunk of file) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      for (const text of lines) yield* rowOf(text, line++)
      if (rest.length > MAX_LINE_LENGTH)
        return yield { line, reason: 'the line is too long; nothing after it was read' }
    }
    yield* rowOf(rest + decoder.decode(), line)
  } catch (error) {
    if (systemCode(error) !== 'ERR_ENCODING_INVALID_ENCODED_DATA') throw error
    yield { line, reason: 'not text in UTF-8 (in this line or a little later); nothing from here on was read' }
  }
}

/** The row of a line; none of a blank one. */
function* rowOf(text: string, line: number): Generator<ImportRow> {
  if (text.trim() === '') return
  try {
    yield rowOfValue(parseJson(text), line)
  } catch (error) {
    if (!(error instanceof JsonError)) throw error
    yield { line, reason: error.message }
  }
}

function rowOfValue(row: unknown, line: number): ImportRow {
  if (typeof row !== 'object' || row === null || Array.isArray(row)) return { line, reason: 'not an object' }
  if (!('path' in row) || typeof row.path !== 'string') return { line, reason: '"path" is missing or not a string' }
  if (!('value' in row)) return { line, reason: '"value" is missing' }
  if (Object.keys(row).length > 2) return { line, reason: 'there are properties beside "path" and "value"' }
  return { line, path: row.path, value: row.value }
}

async function* writeJsonLines(documents: AsyncIterable<ExportRow>): AsyncIterable<string> {
  for await (const [path, value] of documents) yield `${JSON.stringify({ path, value })}\n`
}
