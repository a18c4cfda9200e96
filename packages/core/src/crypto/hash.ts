import { hkdf } from '@noble/hashes/hkdf.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js'
import type { Runtime } from '../runtime.ts'

/** SHA-256 (FIPS 180-4), by the platform where it has a synchronous one. */
export function sha256(runtime: Runtime, data: Uint8Array): Uint8Array<ArrayBuffer> {
  return runtime.sha256?.(data) ?? nobleSha256(data)
}

/** HMAC-SHA-256 (RFC 2104) of the messages one after the other. */
export function hmacSha256(key: Uint8Array, ...messages: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const state = hmac.create(nobleSha256, key)
  for (const message of messages) state.update(message)
  return state.digest()
}

/** HKDF-SHA-256 (RFC 5869), extract and expand. */
export function hkdfSha256(
  ikm: Uint8Array,
  salt: Uint8Array,
  info: Uint8Array,
  length: number,
): Uint8Array<ArrayBuffer> {
  return hkdf(nobleSha256, ikm, salt, info, length)
}
