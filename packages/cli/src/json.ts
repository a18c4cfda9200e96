import { type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser'

/** Text that is not JSON, by place and reason; the text itself stays out of the message, since it may be a secret. */
export class JsonError extends Error {
  override readonly name: string = 'JsonError'
  /** From 1. */
  readonly line: number

  constructor(line: number, message: string) {
    super(message)
    this.line = line
  }
}

/** `JSON.parse` whose error tells where, and does not quote the text as the engine's own does. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw explain(text)
  }
}

function explain(text: string): JsonError {
  const errors: ParseError[] = []
  parseTree(text, errors, { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false })
  const first = errors[0]
  if (first === undefined) return new JsonError(1, 'not JSON')
  const before = text.slice(0, first.offset)
  const line = before.split('\n').length
  const column = first.offset - before.lastIndexOf('\n')
  const reason = printParseErrorCode(first.error).replace(/(?<=[a-z])[A-Z]/g, (char) => ` ${char.toLowerCase()}`)
  return new JsonError(line, `not JSON: ${reason.toLowerCase()}${line > 1 ? `, line ${line}` : ''}, column ${column}`)
}
