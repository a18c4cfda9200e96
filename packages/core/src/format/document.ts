import { utf8Length } from '../bytes.ts'
import { VaultError } from '../errors.ts'
import { stringifyStrictly, TooLongError } from './stringify.ts'

/**
 * One document, immutable, held as its JSON text: that is what a shard is made of, what is compared, and what a fresh copy
 * is parsed from; parsing a small text costs no more than cloning an object would.
 */
export class StoredDocument {
  /** The document's JSON, without white space. */
  readonly text: string
  #byteLength = -1

  private constructor(text: string) {
    this.text = text
  }

  /**
   * A document from a value that JSON can hold. `TypeError` that names the place for any other, and for `null`, which means
   * "absent"; `ERR_TOO_LARGE` beyond `maxBytes` bytes of JSON.
   */
  static fromValue(value: unknown, maxBytes: number): StoredDocument {
    if (value === null) throw new TypeError('A document cannot be null: null means that there is none.')
    const document = new StoredDocument(jsonOf(value, maxBytes))
    if (document.byteLength > maxBytes) throw tooLarge(maxBytes)
    return document
  }

  /** A document from JSON that has been checked. */
  static fromText(text: string): StoredDocument {
    return new StoredDocument(text)
  }

  /** Length of the JSON in UTF-8 bytes. */
  get byteLength(): number {
    if (this.#byteLength === -1) this.#byteLength = utf8Length(this.text)
    return this.#byteLength
  }

  /** The document as a value; a fresh copy each time. */
  toValue(): unknown {
    return JSON.parse(this.text)
  }

  /** Whether both are the same JSON, letter by letter. */
  equals(other: StoredDocument): boolean {
    return this.text === other.text
  }
}

function jsonOf(value: unknown, maxBytes: number): string {
  try {
    return stringifyStrictly(value, maxBytes)
  } catch (error) {
    if (error instanceof TooLongError) throw tooLarge(maxBytes)
    throw error
  }
}

function tooLarge(maxBytes: number): VaultError {
  return new VaultError(
    'ERR_TOO_LARGE',
    `The document is larger than \`maxDocumentBytes\` (${maxBytes}) of this vault. Split it.`,
    { applied: 'no' },
  )
}
