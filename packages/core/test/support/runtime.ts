import { createCipheriv, createDecipheriv } from 'node:crypto'
import { createRuntime, type Runtime } from '../../src/runtime.ts'

const TAG_BYTES = 16

/**
 * AES-256-GCM that is done when it is called. WebCrypto works on other threads, and which of two calls ends first is up to
 * the machine; here only the test decides what happens in which order.
 */
const synchronousAes = {
  importKey: async (_format: string, key: Uint8Array) => key,
  async encrypt({ iv, additionalData }: AesGcmParams, key: Uint8Array, data: Uint8Array): Promise<ArrayBuffer> {
    const cipher = createCipheriv('aes-256-gcm', key, iv as Uint8Array).setAAD(additionalData as Uint8Array)
    return new Uint8Array(Buffer.concat([cipher.update(data), cipher.final(), cipher.getAuthTag()])).buffer
  },
  async decrypt({ iv, additionalData }: AesGcmParams, key: Uint8Array, data: Uint8Array): Promise<ArrayBuffer> {
    const end = data.length - TAG_BYTES
    const decipher = createDecipheriv('aes-256-gcm', key, iv as Uint8Array).setAAD(additionalData as Uint8Array)
    decipher.setAuthTag(data.subarray(end))
    return new Uint8Array(Buffer.concat([decipher.update(data.subarray(0, end)), decipher.final()])).buffer
  },
} as unknown as SubtleCrypto

/** Numbers in [0, 2^32) that depend on the seed alone (xorshift32; Marsaglia, "Xorshift RNGs", 2003). */
export function numbersFrom(seed: number): () => number {
  let state = (seed ^ 0x9e3779b9) >>> 0 || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return state
  }
}

/** A runtime that a test holds in its hand. */
export interface TestRuntime extends Runtime {
  /** Moves both clocks on. */
  advance(ms: number): void
}

/**
 * A runtime without surprises: randomness from the seed, a clock that moves only by `advance` and by sleeping, and a sleep
 * that ends as soon as everybody else has had a turn.
 */
export function createTestRuntime(seed = 1): TestRuntime {
  const next = numbersFrom(seed)
  let nowMs = 1_700_000_000_000
  return {
    ...createRuntime(),
    subtle: synchronousAes,
    now: () => nowMs,
    monotonicMs: () => nowMs,
    randomBytes: (length) => Uint8Array.from({ length }, () => next() >>> 24),
    jitter: () => next() / 2 ** 32,
    async sleep(ms, signal) {
      signal?.throwIfAborted()
      await Promise.resolve()
      signal?.throwIfAborted()
      nowMs += ms
    },
    advance(ms) {
      nowMs += ms
    },
  }
}
