import type { Transition } from './history.ts'
import { PLAINTEXT } from './inspector.ts'

/** What clients write: everybody who changed it. */
export interface SimulatedDocument {
  readonly by: readonly string[]
  readonly padding: string
}

/** Padding lengths that make shards of 1,024 bytes split after some documents. */
const PADDINGS: readonly number[] = [10, 60, 150, 300]

/** A new document by `author`; its length depends on the author, so that shards split at different places. */
export function simulatedDocument(author: string): SimulatedDocument {
  let sum = 0
  for (const character of author) sum = (sum * 31 + character.charCodeAt(0)) >>> 0
  const length = PADDINGS[sum % PADDINGS.length] as number
  return { by: [author], padding: `${PLAINTEXT} ${'.'.repeat(length)}` }
}

/** What an update by `author` makes of a document. */
export function updated(document: SimulatedDocument | null, author: string): SimulatedDocument {
  if (document === null) return simulatedDocument(author)
  return { by: [...document.by, author], padding: document.padding }
}

/** A document as histories hold it. */
export function textOf(document: unknown): string | null {
  return document === null ? null : JSON.stringify(document)
}

function parse(text: string | null): SimulatedDocument | null {
  return text === null ? null : (JSON.parse(text) as SimulatedDocument)
}

/** The authors of a document, without the rest. */
export function shorten(text: string | null): string {
  return text === null ? 'null' : `[${parse(text)?.by.join(' ')}]`
}

/** Removes the document, if it is there. */
export const REMOVES: Transition = () => ({ after: null })

/** Replaces the document by one of `author`'s. */
export function puts(author: string): Transition {
  const after = textOf(simulatedDocument(author))
  return () => ({ after })
}

/** Enters `author` into the document; to exactly `result` where that is known. */
export function updates(author: string, result?: string): Transition {
  return (before) => {
    const after = textOf(updated(parse(before), author))
    return result === undefined || result === after ? { after } : undefined
  }
}

/** What a put or a removal did, given whether it found the document. */
export function resulting(transition: Transition, found: boolean): Transition {
  return (before) => ((before !== null) === found ? transition(before) : undefined)
}
