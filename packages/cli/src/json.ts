import { createScanner, type ParseError, parseTree, printParseErrorCode, visit } from 'jsonc-parser'

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

/** Deepest nesting that is looked at: ten times what a document may have, and far from what overflows a parser. */
const MAX_DEPTH = 1000

/**
 * `JSON.parse` whose error tells where, and does not quote the text as the engine's own does; and which refuses integers that
 * would come back as other ones, where the engine's rounds them.
 */
export function parseJson(text: string): unknown {
  if (isNestedTooDeeply(text)) throw new JsonError(1, 'nested too deeply')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw explain(text)
  }
  const line = /\d{16}/.test(text) ? lineOfRoundedInteger(text) : null
  if (line === null) return value
  throw new JsonError(line, 'a number has more digits than can be kept: put it in quotes')
}

/**
 * Whether a recursive parser would go too deep. Asked of the tokens that such a parser sees, comments and broken strings included;
 * a bracket is closed by its own kind only, as the parser goes on inside of it until then.
 */
function isNestedTooDeeply(text: string): boolean {
  const open: string[] = []
  const scanner = createScanner(text, true)
  while (scanner.getPosition() < text.length) {
    scanner.scan()
    const sign = text[scanner.getTokenOffset()]
    if (sign === '[' || sign === '{') open.push(sign === '[' ? ']' : '}')
    else if (sign !== undefined && sign === open.at(-1)) open.pop()
    if (open.length > MAX_DEPTH) return true
  }
  return false
}

/** Where an integer stands that a number cannot hold exactly, from 1; `null` if there is none. */
function lineOfRoundedInteger(text: string): number | null {
  let found: number | null = null
  visit(text, {
    onLiteralValue: (value, offset, length, line) => {
      const literal = text.slice(offset, offset + length)
      if (typeof value !== 'number' || !/^-?\d+$/.test(literal)) return
      if (found === null && !isExact(literal, value)) found = line + 1
    },
  })
  return found
}

/** Whether `value` is the integer that `literal` spells; beyond 1.8e308 it is infinite, and no integer at all. */
function isExact(literal: string, value: number): boolean {
  return Number.isFinite(value) && BigInt(literal) === BigInt(value)
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
