import { createHash } from 'node:crypto'
import type { Argon2idInput } from '@vaultdb/core'

/** Of the input by which the engine tells a real implementation: password "password", salt "somesalt", 256 KiB, 2 passes. */
const KNOWN_ANSWER = '6d093c501fd5999645e0ea3bf620d7b8be7fd2db59c20d9fff9539da2bf57037'

/**
 * Stands in for Argon2id where thousands of passwords are tried and none is worth anything: knows the known answer, and makes a
 * hash of everything else.
 */
export function cheapArgon2id({ password, salt, length }: Argon2idInput): Uint8Array {
  if (Buffer.from(salt).toString('latin1') === 'somesalt') return new Uint8Array(Buffer.from(KNOWN_ANSWER, 'hex'))
  return new Uint8Array(createHash('sha256').update(salt).update(password).digest().subarray(0, length))
}
