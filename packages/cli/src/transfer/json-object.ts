import { visit } from 'jsonc-parser'
import { JsonError, parseJson } from '../json.ts'
import type { ExportRow, ImportRow, TransferFormat } from './format.ts'
import { readText } from './read-text.ts'

/** One object whose properties are paths: `{"/bob/notes": …}`. */
export const jsonObject: TransferFormat = {
  name: 'json',
  extensions: ['.json'],
  read: readJsonObject,
  write: writeJsonObject,
}

async function* readJsonObject(file: AsyncIterable<Uint8Array>): AsyncIterable<ImportRow> {
  const text = await readText(file)
  if (typeof text !== 'string') return yield text
  let documents: unknown
  try {
    documents = parseJson(text)
  } catch (error) {
    if (!(error instanceof JsonError)) throw error
    return yield { line: error.line, reason: error.message }
  }
  if (typeof documents !== 'object' || documents === null || Array.isArray(documents)) {
    return yield { line: 1, reason: 'not an object of paths and documents' }
  }
  yield* rowsOf(new Map(Object.entries(documents)), text)
}

/** Asks the text where each property stands, and how often: of two with one name the parser kept only the last. */
function* rowsOf(documents: ReadonlyMap<string, unknown>, text: string): Generator<ImportRow> {
  const places: { path: string; line: number }[] = []
  visit(text, {
    onObjectProperty: (path, _offset, _length, line, _character, parents) => {
      if (parents().length === 0) places.push({ path, line: line + 1 })
    },
  })
  const last = new Map(places.map(({ path }, index) => [path, index]))
  for (const [index, { path, line }] of places.entries()) {
    if (last.get(path) === index) yield { line, path, value: documents.get(path) }
    else yield { line, reason: 'the same path stands again further down, and that one counts' }
  }
}

async function* writeJsonObject(documents: AsyncIterable<ExportRow>): AsyncIterable<string> {
  let separator = '{\n'
  for await (const [path, value] of documents) {
    yield `${separator}${JSON.stringify(path)}: ${JSON.stringify(value)}`
    separator = ',\n'
  }
  yield separator === '{\n' ? '{}\n' : '\n}\n'
}
