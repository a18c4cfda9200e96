import { errorCode } from '../../src/errors.ts'
import { UnknownKeyError } from '../../src/format/shard-file.ts'

/** How reading something ended: `'opened'`, the code of a `VaultError`, `'unknown-key'`, or the name of an error that nobody should see. */
export async function outcomeOf(read: Promise<unknown> | (() => Promise<unknown>)): Promise<string> {
  try {
    await (typeof read === 'function' ? read() : read)
    return 'opened'
  } catch (error) {
    if (error instanceof UnknownKeyError) return 'unknown-key'
    return errorCode(error) ?? `untyped: ${String(error)}`
  }
}

/** A copy with one bit flipped. */
export function flipBit(data: Uint8Array, bit: number): Uint8Array<ArrayBuffer> {
  const out = Uint8Array.from(data)
  const at = bit >> 3
  out[at] = (out[at] as number) ^ (1 << (bit & 7))
  return out
}
