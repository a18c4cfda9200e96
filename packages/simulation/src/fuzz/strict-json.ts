/** A JSON text with how it is spelled; a second parser (RFC 8259), to judge the engine's by. */
export type Spelled =
  | { readonly kind: 'constant' | 'number' | 'string'; readonly text: string; readonly value: unknown }
  | { readonly kind: 'array'; readonly items: readonly Spelled[] }
  | { readonly kind: 'object'; readonly members: readonly (readonly [name: string, value: Spelled])[] }

/** Why a text is not JSON as the format has it. */
export class SpellingError extends Error {
  override readonly name: string = 'SpellingError'
}

/** RFC 8259, section 6. */
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
/** RFC 8259, section 7; characters one by one, so that no length overflows a regular expression. */
const CHARACTERS = /[^"\\\u0000-\u001f]{1,4096}|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4}/y
const CONSTANT = /null|true|false/y

/** Reads a text from its beginning; no white space, no name twice, at most `maxDepth` deep. */
class Reader {
  readonly #text: string
  readonly #maxDepth: number
  #at = 0

  constructor(text: string, maxDepth: number) {
    this.#text = text
    this.#maxDepth = maxDepth
  }

  read(): Spelled {
    const value = this.#value(0)
    if (this.#at !== this.#text.length) throw new SpellingError('something follows')
    return value
  }

  #take(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0] ?? null
    this.#at += found?.length ?? 0
    return found
  }

  #skip(sign: string): boolean {
    const isThere = this.#text.startsWith(sign, this.#at)
    if (isThere) this.#at += sign.length
    return isThere
  }

  #value(depth: number): Spelled {
    const first = this.#text[this.#at]
    if (first === '[' || first === '{') {
      if (depth >= this.#maxDepth) throw new SpellingError('nested too deeply')
      return first === '[' ? this.#array(depth + 1) : this.#object(depth + 1)
    }
    if (first === '"') return this.#string()
    const constant = this.#take(CONSTANT)
    if (constant !== null) return { kind: 'constant', text: constant, value: JSON.parse(constant) }
    const number = this.#take(NUMBER)
    if (number === null) throw new SpellingError('no value')
    return { kind: 'number', text: number, value: Number(number) }
  }

  #string(): Spelled & { readonly kind: 'string'; readonly text: string } {
    const start = this.#at++
    while (this.#take(CHARACTERS) !== null);
    if (!this.#skip('"')) throw new SpellingError('a string that does not end')
    const text = this.#text.slice(start, this.#at)
    return { kind: 'string', text, value: JSON.parse(text) } as Spelled & { kind: 'string'; text: string }
  }

  #array(depth: number): Spelled {
    const items: Spelled[] = []
    this.#at++
    if (this.#skip(']')) return { kind: 'array', items }
    do items.push(this.#value(depth))
    while (this.#skip(','))
    if (!this.#skip(']')) throw new SpellingError('an array that does not end')
    return { kind: 'array', items }
  }

  #object(depth: number): Spelled {
    const members: [string, Spelled][] = []
    const names = new Set<string>()
    this.#at++
    if (this.#skip('}')) return { kind: 'object', members }
    do {
      if (this.#text[this.#at] !== '"') throw new SpellingError('a member without a name')
      const { text } = this.#string()
      const name = JSON.parse(text) as string
      if (names.has(name)) throw new SpellingError('a name twice')
      names.add(name)
      if (!this.#skip(':')) throw new SpellingError('a name without a value')
      members.push([text, this.#value(depth)])
    } while (this.#skip(','))
    if (!this.#skip('}')) throw new SpellingError('an object that does not end')
    return { kind: 'object', members }
  }
}

/** The text with its spelling. Throws a {@link SpellingError}. */
export function readStrictly(text: string, maxDepth: number): Spelled {
  return new Reader(text, maxDepth).read()
}

/** Whether everything in it is spelled in the shortest way, as `JSON.stringify` would. */
export function isShortest(spelled: Spelled): boolean {
  if (spelled.kind === 'array') return spelled.items.every(isShortest)
  if (spelled.kind === 'object') {
    return spelled.members.every(([name, value]) => JSON.stringify(JSON.parse(name)) === name && isShortest(value))
  }
  return JSON.stringify(spelled.value) === spelled.text
}

/** The value that a spelled text stands for. */
export function spelledValue(spelled: Spelled): unknown {
  if (spelled.kind === 'array') return spelled.items.map(spelledValue)
  if (spelled.kind === 'object') {
    return Object.fromEntries(spelled.members.map(([name, value]) => [JSON.parse(name) as string, spelledValue(value)]))
  }
  return spelled.value
}
