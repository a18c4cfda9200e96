import { addAbortSignal } from 'node:stream'
import { usageError } from './exit-codes.ts'
import type { Invocation } from './invocation.ts'
import { JsonError, parseJson } from './json.ts'
import { readText } from './transfer/read-text.ts'

/** The text of a value: from standard input, or, where that is the keyboard, typed unseen. */
export async function readValue({ terminal, signal }: Invocation): Promise<string> {
  if (terminal.stdinIsTerminal) return terminal.askSecret('Value', signal)
  const text = await readText(addAbortSignal(signal, terminal.stdin))
  if (typeof text !== 'string') throw usageError('Standard input is not text in UTF-8; nothing was stored.')
  return text
}

/** The document that a text stands for. Of a plain text one last line ending is not part: `echo` adds it. */
export function parseValue(text: string, isPlainText: boolean): unknown {
  if (isPlainText) return text.replace(/\r?\n$/, '')
  let value: unknown
  try {
    value = parseJson(text)
  } catch (error) {
    if (!(error instanceof JsonError)) throw error
    throw usageError(`The value is ${error.message}. Say --text for a plain text. Nothing was stored.`)
  }
  if (value === null) throw usageError('null means "absent": use vaultdb remove. Nothing was stored.')
  return value
}
