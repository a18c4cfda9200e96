import { sha256 as portableSha256 } from '@noble/hashes/sha2.js'
import type { Runtime } from '@vaultdb/core'

const BLOCK_BYTES = 4 * 1024 * 1024
const DIGEST_BYTES = 32

/** Dropbox's content hash: the SHA-256 of the SHA-256s of all blocks of 4 MiB, in lower-case hexadecimal. */
export function contentHash(data: Uint8Array, { sha256 = portableSha256 }: Pick<Runtime, 'sha256'>): string {
  const blocks = Math.ceil(data.length / BLOCK_BYTES)
  const digests = new Uint8Array(blocks * DIGEST_BYTES)
  for (let block = 0; block < blocks; block++) {
    digests.set(sha256(data.subarray(block * BLOCK_BYTES, (block + 1) * BLOCK_BYTES)), block * DIGEST_BYTES)
  }
  return Array.from(sha256(digests), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
