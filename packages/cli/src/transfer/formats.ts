import { usageError } from '../exit-codes.ts'
import { browserCsv } from './browser-csv.ts'
import type { TransferFormat } from './format.ts'
import { jsonLines } from './json-lines.ts'
import { jsonObject } from './json-object.ts'

/** What `export` writes where nothing says otherwise. */
export const DEFAULT_FORMAT: TransferFormat = jsonLines

const FORMATS: readonly TransferFormat[] = [jsonLines, jsonObject, browserCsv]

/** What `--format` accepts. */
export const FORMAT_NAMES: readonly string[] = FORMATS.map(({ name }) => name)

/** The format that `--format` names, else the one that the file's name ends in; `undefined` where neither tells. */
export function formatFor(option: string | undefined, file: string | undefined): TransferFormat | undefined {
  if (option !== undefined) {
    const named = FORMATS.find(({ name }) => name === option)
    if (named === undefined) throw usageError(`--format is one of ${FORMAT_NAMES.join(', ')}.`)
    return named
  }
  const fileName = file?.toLowerCase()
  return FORMATS.find(({ extensions }) => extensions.some((extension) => fileName?.endsWith(extension)))
}
