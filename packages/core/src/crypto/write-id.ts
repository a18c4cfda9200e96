import { concatBytes, toBase64Url, u32be } from '../bytes.ts'
import type { Runtime } from '../runtime.ts'
import { hmacSha256 } from './hash.ts'
import { label } from './label.ts'

/** An 8-byte write id, canonical unpadded base64url (11 characters). */
export type WriteId = string

const WRITE_ID_BYTES = 8
const LABEL = label('write')

function f64be(value: number): Uint8Array {
  const out = new Uint8Array(8)
  new DataView(out.buffer).setFloat64(0, value)
  return out
}

/**
 * A new id for one attempt at a write. Clocks, base and change go in beside the randomness: two clones of one machine that
 * draw the same random bytes must not take each other's writes for their own.
 *
 * @param base Hash of the file that the write replaces.
 * @param change The change, or a hash of it.
 */
export function newWriteId(runtime: Runtime, base: Uint8Array, change: Uint8Array): WriteId {
  const times = concatBytes(f64be(runtime.now()), f64be(runtime.monotonicMs()))
  const mac = hmacSha256(runtime.randomBytes(32), LABEL, times, u32be(base.length), base, change)
  return toBase64Url(mac.subarray(0, WRITE_ID_BYTES))
}
