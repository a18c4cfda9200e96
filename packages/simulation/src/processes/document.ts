/** Text that stands in every document, and must stand in no file. */
export const SECRET_TEXT = 'the secret of'

/** A document of this proof: who changed it, in order, since it was last put; and text that gives it a size. */
export interface SignedDocument {
  readonly by: readonly string[]
  readonly padding: string
}

/** Lengths of the padding: some documents fill a shard of 1,024 bytes to a third. */
const PADDINGS: readonly number[] = [10, 60, 150, 300]

/** The document that these authors make; the first one decides its size. */
export function documentBy(by: readonly string[]): SignedDocument {
  let sum = 0
  for (const character of by[0] ?? '') sum = (sum * 31 + character.charCodeAt(0)) >>> 0
  const length = PADDINGS[sum % PADDINGS.length] ?? 0
  return { by, padding: `${SECRET_TEXT} ${'.'.repeat(length)}` }
}

/** A document in few letters: its authors, or all of it where they did not make it so. `null` where there is none. */
export function signatures(document: unknown): string | null {
  if (document === null) return null
  const text = JSON.stringify(document)
  const { by } = document as Partial<SignedDocument>
  return Array.isArray(by) && text === JSON.stringify(documentBy(by)) ? by.join(' ') : `damaged: ${text}`
}

/** What an update by `author` makes of a document. */
export function signedBy(document: SignedDocument | null, author: string): SignedDocument {
  return documentBy([...(document?.by ?? []), author])
}
