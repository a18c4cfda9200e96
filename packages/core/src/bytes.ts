const HEX = '0123456789abcdef'
const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

const encoder = new TextEncoder()
// `ignoreBOM` keeps a leading U+FEFF, which the default silently drops: decoding must lose nothing.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** All parts one after the other, in a new array. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let length = 0
  for (const part of parts) length += part.length
  const out = new Uint8Array(length)
  let offset = 0
  for (const part of parts) {
    out.set(part, offset)
    offset += part.length
  }
  return out
}

/** Whether both hold the same bytes. Takes the same time wherever they differ; their lengths are not secret. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let index = 0; index < a.length; index++) difference |= (a[index] as number) ^ (b[index] as number)
  return difference === 0
}

/** The text in UTF-8. Lone surrogates become U+FFFD: refuse them before. */
export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text)
}

/** The text of UTF-8 bytes; throws a `TypeError` where they are not UTF-8. */
export function fromUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}

/** How many bytes {@link utf8} would return, without making them. */
export function utf8Length(text: string): number {
  let length = text.length
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    if (unit < 0x80) continue
    // Two bytes below U+0800, three above; each half of a surrogate pair counts for two of the pair's four.
    length += unit < 0x800 || isPaired(text, index, unit) ? 1 : 2
  }
  return length
}

function isPaired(text: string, index: number, unit: number): boolean {
  if (unit < 0xd800 || unit > 0xdfff) return false
  const other = unit < 0xdc00 ? text.charCodeAt(index + 1) : text.charCodeAt(index - 1)
  return unit < 0xdc00 ? other >= 0xdc00 && other <= 0xdfff : other >= 0xd800 && other < 0xdc00
}

/** Two lower-case hexadecimal digits for each byte. */
export function toHex(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += (HEX[byte >> 4] as string) + (HEX[byte & 15] as string)
  return text
}

/** The bytes of lower-case hexadecimal text; throws a `RangeError` for any other. */
export function fromHex(text: string): Uint8Array<ArrayBuffer> {
  if (!/^([0-9a-f]{2})*$/.test(text)) throw new RangeError('Expected pairs of lower-case hexadecimal digits.')
  return Uint8Array.from({ length: text.length / 2 }, (_, index) =>
    Number.parseInt(text.slice(2 * index, 2 * index + 2), 16),
  )
}

/** Unpadded base64url (RFC 4648, section 5). */
export function toBase64Url(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let held = 0
  for (const byte of bytes) {
    held = (held << 8) | byte
    bits += 8
    for (; bits >= 6; bits -= 6) text += BASE64URL[(held >> (bits - 6)) & 63]
  }
  return bits === 0 ? text : text + BASE64URL[(held << (6 - bits)) & 63]
}

/**
 * The bytes of canonical unpadded base64url text: no padding, no white space, unused bits zero (RFC 4648, section 3.5), so
 * that every value has one spelling. Throws a `RangeError` for any other, and where there are not exactly `length` bytes.
 */
export function fromBase64Url(
  text: string,
  length: number = Math.floor((text.length * 3) / 4),
): Uint8Array<ArrayBuffer> {
  if (!isBase64Url(text, length)) throw new RangeError(`Expected canonical unpadded base64url of ${length} bytes.`)
  const bytes = new Uint8Array(length)
  let bits = 0
  let held = 0
  let offset = 0
  for (const digit of text) {
    held = (held << 6) | BASE64URL.indexOf(digit)
    bits += 6
    if (bits < 8) continue
    bits -= 8
    bytes[offset++] = held >> bits
  }
  return bytes
}

/** Whole groups, then one or two bytes, whose last digit has four or two bits to spare: zeros. */
const CANONICAL_BASE64URL = /^([\w-]{4})*([\w-][AQgw]|[\w-]{2}[AEIMQUYcgkosw048])?$/

/** Whether `text` is canonical unpadded base64url of exactly `length` bytes. */
export function isBase64Url(text: unknown, length: number): text is string {
  return typeof text === 'string' && text.length === Math.ceil((length * 4) / 3) && CANONICAL_BASE64URL.test(text)
}

/** Four bytes, most significant first. */
export function u32be(value: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(4)
  writeU32be(out, 0, value)
  return out
}

/** Puts `value` into `bytes` as four bytes, most significant first. */
export function writeU32be(bytes: Uint8Array, offset: number, value: number): void {
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).setUint32(offset, value)
}

/** The number in four bytes, most significant first. */
export function readU32be(bytes: Uint8Array, offset: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(offset)
}
