/** Arguments of one call: more would overflow the stack of some engine. */
const CHUNK_BYTES = 8192

/** Padded base64 (RFC 4648, section 4). */
export function toBase64(bytes: Uint8Array): string {
  let binary = ''
  for (let begin = 0; begin < bytes.length; begin += CHUNK_BYTES) {
    binary += String.fromCharCode(...bytes.subarray(begin, begin + CHUNK_BYTES))
  }
  return btoa(binary)
}

/** The bytes of canonical padded base64; `null` for any other text. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    const binary = atob(text)
    // `atob` forgives white space, missing padding and unused bits that are not zero (RFC 4648, section 3.5).
    return btoa(binary) === text ? Uint8Array.from(binary, (character) => character.charCodeAt(0)) : null
  } catch {
    return null
  }
}
