import type { SeededRandom } from '../seeded-random.ts'

/** What tends to matter to parsers of text: its signs, extremes of numbers, names of prototypes, text that is none. */
export const ODD_TEXTS: readonly string[] = [
  ...'{}[]:,"\'\\/.%=-0',
  'null',
  'true',
  '-0',
  '1e400',
  '2147483648',
  '4294967295',
  '9007199254740993',
  '__proto__',
  'constructor',
  'toString',
  '../',
  '\n',
  '\r\n',
  '\r',
  '\t',
  ' ',
  '\0',
  '\u001b[2J',
  '\ufeff',
  '\u2028',
  '\u202e',
  'é',
  'e\u0301',
  '🦊',
  '\\u0000',
  '\\ud800',
  '\\udc00\\ud800',
  '""',
]

const encoder = new TextEncoder()
/** The same as bytes, and some that no text has: cut, overlong and surrogate UTF-8 (RFC 3629, section 3), UTF-16 marks. */
const ODD_BYTES: readonly Uint8Array[] = [
  ...ODD_TEXTS.map((text) => encoder.encode(text)),
  ...[[0xff], [0xc0, 0x80], [0xe2, 0x82], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xff, 0xfe], [0xfe, 0xff]].map(
    (bytes) => Uint8Array.from(bytes),
  ),
]
const ODD_NUMBERS: readonly number[] = [0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 64 * 2 ** 20, 64 * 2 ** 20 + 1]

/** `input` with `removed` bytes from `at` on replaced by `inserted`. */
export function splice(input: Uint8Array, at: number, removed: number, inserted: Uint8Array): Uint8Array {
  const end = Math.min(input.length, at + removed)
  const out = new Uint8Array(at + inserted.length + input.length - end)
  out.set(input.subarray(0, at))
  out.set(inserted, at)
  out.set(input.subarray(end), at + inserted.length)
  return out
}

/** A place and a length within `input`; short ones come more often. */
function stretch(random: SeededRandom, input: Uint8Array): [at: number, length: number] {
  const at = random.below(input.length + 1)
  const most = random.below(4) === 0 ? input.length - at : Math.min(16, input.length - at)
  return [at, random.below(most + 1)]
}

function put(input: Uint8Array, at: number, byte: number): Uint8Array {
  const out = input.slice()
  if (at < out.length) out[at] = byte
  return out
}

type Mutation = (random: SeededRandom, input: Uint8Array, others: readonly Uint8Array[]) => Uint8Array

const NOTHING = new Uint8Array(0)

const MUTATIONS: readonly Mutation[] = [
  function flipBit(random, input) {
    const at = random.below(input.length + 1)
    return put(input, at, (input[at] ?? 0) ^ (1 << random.below(8)))
  },
  function changeByte(random, input) {
    return put(input, random.below(input.length + 1), random.below(256))
  },
  function cut(random, input) {
    const [at, length] = stretch(random, input)
    return splice(input, at, length, NOTHING)
  },
  function end(random, input) {
    return input.slice(0, random.below(input.length + 1))
  },
  function insert(random, input) {
    return splice(input, random.below(input.length + 1), random.below(3), random.pick(ODD_BYTES))
  },
  function insertNoise(random, input) {
    return splice(input, random.below(input.length + 1), 0, random.bytes(random.below(9)))
  },
  function repeat(random, input) {
    const [at, length] = stretch(random, input)
    return splice(input, at, 0, input.subarray(at, at + length))
  },
  function swap(random, input) {
    const [at, length] = stretch(random, input)
    const middle = at + random.below(length + 1)
    const turned = new Uint8Array([...input.subarray(middle, at + length), ...input.subarray(at, middle)])
    return splice(input, at, length, turned)
  },
  function join(random, input, others) {
    if (others.length === 0) return input
    const other = random.pick(others)
    const cutAt = random.below(other.length + 1)
    return splice(input, random.below(input.length + 1), input.length, other.subarray(cutAt))
  },
  function borrow(random, input, others) {
    if (others.length === 0) return input
    const other = random.pick(others)
    const [from, length] = stretch(random, other)
    return splice(input, random.below(input.length + 1), length, other.subarray(from, from + length))
  },
  function setNumber(random, input) {
    const number = new Uint8Array(4)
    new DataView(number.buffer).setUint32(0, random.pick(ODD_NUMBERS) + random.below(3) - 1)
    return splice(input, random.below(Math.min(input.length, 16) + 1), 4, number)
  },
]

/** A short piece many thousand times over: what overflows a stack, or takes time that grows with the square. */
function amplify(random: SeededRandom, input: Uint8Array): Uint8Array {
  const at = random.below(input.length + 1)
  const piece = random.below(2) === 0 ? input.subarray(at, at + 1 + random.below(4)) : random.pick(ODD_BYTES)
  const repeated = new Uint8Array(piece.length * (1 << (10 + random.below(6))))
  for (let offset = 0; offset < repeated.length; offset += piece.length) repeated.set(piece, offset)
  return splice(input, at, 0, repeated)
}

/** `input` after one to some changes; `others` lends parts. One change is the most common: it leaves the most intact. */
export function mutateBytes(random: SeededRandom, input: Uint8Array, others: readonly Uint8Array[]): Uint8Array {
  let out = random.below(200) === 0 ? amplify(random, input) : input
  do out = random.pick(MUTATIONS)(random, out, others)
  while (random.below(3) === 0)
  return out
}

/** Text made of odd pieces and letters. */
export function oddText(random: SeededRandom, mostPieces: number): string {
  let text = ''
  for (let left = random.below(mostPieces + 1); left > 0; left--) {
    text += random.below(2) === 0 ? random.pick(ODD_TEXTS) : String.fromCharCode(97 + random.below(26))
  }
  return random.below(64) === 0 ? text.repeat(1 + random.below(200)) : text
}
