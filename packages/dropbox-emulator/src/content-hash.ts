import { createHash } from 'node:crypto'

const BLOCK_BYTES = 4 * 1024 * 1024

/** Dropbox's content hash: the SHA-256 of the SHA-256s of all blocks of 4 MiB, in lower-case hexadecimal. */
export function contentHash(data: Uint8Array): string {
  const whole = createHash('sha256')
  for (let begin = 0; begin < data.length; begin += BLOCK_BYTES) {
    whole.update(
      createHash('sha256')
        .update(data.subarray(begin, begin + BLOCK_BYTES))
        .digest(),
    )
  }
  return whole.digest('hex')
}
