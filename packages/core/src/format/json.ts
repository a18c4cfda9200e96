import { fromUtf8 } from '../bytes.ts'
import { demand, FormatError } from './format-error.ts'

/** A JSON object, or an array, which has none of the names that are asked for. */
export type Members = Readonly<Record<string, unknown>>

/** Whether `value` can be asked for members. */
export function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null
}

/** What {@link parseJson} returns. */
export interface ParsedJson {
  readonly text: string
  readonly value: unknown
  /** Start and end, in `text`, of the third element of each three-element array at the depth asked for, in their order. */
  readonly thirds: readonly number[]
}

/** What one pass over JSON text finds, without trusting it to be JSON. */
interface Scan {
  /** Members of all objects. */
  readonly members: number
  readonly thirds: readonly number[]
}

/** Position of the quote that ends the string which begins at `start`. */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let escapes = at
    while (text.charCodeAt(escapes - 1) === 0x5c) escapes--
    // An even number of backslashes before the quote escape each other, not the quote.
    if ((at - escapes) % 2 === 0) return at
  }
  throw new FormatError('its JSON ends within a string')
}

/** Walks the text once: refuses deep nesting before any recursive parser sees it, and white space, and counts members. */
function scan(text: string, maxDepth: number, thirdsDepth: number): Scan {
  const thirds: number[] = []
  let members = 0
  let depth = 0
  let commas = 0
  let start = 0
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x22: // "
        at = endOfString(text, at)
        break
      case 0x5b: // [
      case 0x7b: // {
        demand(++depth <= maxDepth, `its JSON is nested deeper than ${maxDepth} levels`)
        if (depth === thirdsDepth) commas = 0
        break
      case 0x5d: // ]
      case 0x7d: // }
        if (depth === thirdsDepth && commas === 2) thirds.push(start, at)
        depth--
        break
      case 0x2c: // ,
        if (depth === thirdsDepth && ++commas === 2) start = at + 1
        break
      case 0x3a: // :
        members++
        break
      case 0x09:
      case 0x0a:
      case 0x0d:
      case 0x20:
        throw new FormatError('its JSON has white space')
    }
  }
  return { members, thirds }
}

function countMembers(value: unknown): number {
  if (!isMembers(value)) return 0
  const isArray = Array.isArray(value)
  const parts: unknown[] = isArray ? value : Object.values(value)
  let count = isArray ? 0 : parts.length
  for (const part of parts) if (typeof part === 'object') count += countMembers(part)
  return count
}

/**
 * Parses JSON as the format has it: UTF-8, no white space, nested at most `maxDepth` deep, no name twice in an object.
 * Throws a {@link FormatError}.
 */
export function parseJson(bytes: Uint8Array, maxDepth: number, thirdsDepth: number = Number.NaN): ParsedJson {
  let text: string
  let value: unknown
  try {
    text = fromUtf8(bytes)
  } catch {
    throw new FormatError('it is not UTF-8')
  }
  const { members, thirds } = scan(text, maxDepth, thirdsDepth)
  try {
    value = JSON.parse(text)
  } catch {
    // The cause is left out on purpose: its message quotes the text.
    throw new FormatError('it is not JSON')
  }
  // A parser keeps the last of two members with one name; then there are fewer than in the text.
  demand(countMembers(value) === members, 'its JSON has a name twice in one object')
  return { text, value, thirds }
}
