import { utf8 } from '../bytes.ts'

/** What every use of a key is bound to: `"vaultdb/1 "`, the use, a zero byte. No label is the beginning of another. */
export function label(name: string): Uint8Array<ArrayBuffer> {
  return utf8(`vaultdb/1 ${name}\0`)
}
