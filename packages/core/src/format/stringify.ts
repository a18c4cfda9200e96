import { MAX_DOCUMENT_DEPTH } from './limits.ts'

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/

/** Thrown inside once the text is longer than allowed; the caller says so in its own words. */
export class TooLongError extends Error {}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === null) return true
  // The Object.prototype of this realm, or of another (an iframe, node:vm), has no prototype itself.
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, 'isPrototypeOf')
}

/** Writes one value. Keeps the way down to where it is, to name the place of what cannot be stored. */
class Writer {
  readonly #maxLength: number
  readonly #place: (string | number)[] = []
  readonly #ancestors: object[] = []
  #text = ''

  constructor(maxLength: number) {
    this.#maxLength = maxLength
  }

  write(value: unknown): string {
    this.#value(value)
    return this.#text
  }

  #refuse(what: string): never {
    const steps = this.#place.map((step) => (IDENTIFIER.test(String(step)) ? `.${step}` : `[${JSON.stringify(step)}]`))
    throw new TypeError(`A document holds only what JSON can: $${steps.join('')} is ${what}.`)
  }

  #value(value: unknown): void {
    switch (typeof value) {
      case 'string':
        if (value.length > this.#maxLength) throw new TooLongError()
        this.#text += JSON.stringify(value) // escapes lone surrogates (ECMA-262, QuoteJSONString): they come back as they were
        break
      case 'number':
        if (!Number.isFinite(value)) this.#refuse(`${value}: use null, or text`)
        this.#text += Object.is(value, -0) ? '-0' : value
        break
      case 'boolean':
        this.#text += value
        break
      case 'object':
        if (value === null) this.#text += 'null'
        else this.#container(value)
        break
      case 'undefined':
        this.#refuse('undefined: use null, or leave the property out')
        break
      case 'bigint':
        this.#refuse('a bigint: store it as text')
        break
      default:
        this.#refuse(`a ${typeof value}`)
    }
    // Code units never outnumber UTF-8 bytes, so this gives up early and never wrongly.
    if (this.#text.length > this.#maxLength) throw new TooLongError()
  }

  #container(value: object): void {
    if (this.#ancestors.includes(value)) this.#refuse('an object that contains itself')
    if (this.#ancestors.length >= MAX_DOCUMENT_DEPTH) this.#refuse(`nested deeper than ${MAX_DOCUMENT_DEPTH} levels`)
    this.#ancestors.push(value)
    if (Array.isArray(value)) this.#array(value)
    else this.#object(value)
    this.#ancestors.pop()
  }

  #array(array: readonly unknown[]): void {
    if (array.length > this.#maxLength) throw new TooLongError()
    if (Object.keys(array).length !== array.length) this.#refuse('an array with holes or with properties of its own')
    this.#text += '['
    for (let index = 0; index < array.length; index++) {
      if (index > 0) this.#text += ','
      this.#place.push(index)
      this.#value(array[index])
      this.#place.pop()
    }
    this.#text += ']'
  }

  #object(object: object): void {
    if (!isPlain(object)) {
      const name = Object.prototype.toString.call(object).slice('[object '.length, -1)
      this.#refuse(
        `an instance of ${name === 'Object' ? 'a class' : name}: store plain objects, arrays, text and numbers`,
      )
    }
    if (Object.getOwnPropertySymbols(object).length > 0) this.#refuse('an object with a symbol as a key')
    this.#text += '{'
    let separator = ''
    for (const key of Object.keys(object)) {
      const value: unknown = (object as Record<string, unknown>)[key]
      if (value === undefined) continue
      this.#text += `${separator}${JSON.stringify(key)}:`
      separator = ','
      this.#place.push(key)
      this.#value(value)
      this.#place.pop()
    }
    this.#text += '}'
  }
}

/**
 * JSON of a value that survives it unchanged, `-0` and lone surrogates included. Properties that are `undefined` are left
 * out; whatever else JSON would drop or change is a `TypeError` that names its place. `toJSON` is not called, and each
 * property is read once. Throws {@link TooLongError} once there are more than `maxLength` UTF-16 code units.
 */
export function stringifyStrictly(value: unknown, maxLength: number): string {
  return new Writer(maxLength).write(value)
}
