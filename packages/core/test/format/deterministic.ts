import { concatBytes, u32be, utf8 } from '../../src/bytes.ts'
import { hmacSha256 } from '../../src/crypto/hash.ts'
import { createRuntime, type Runtime } from '../../src/runtime.ts'

/** `length` bytes that count up from `first`. */
export function bytesFrom(first: number, length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, index) => first + index)
}

/** The platform's runtime, with a clock that stands still and random bytes that depend on the seed alone. */
export function deterministicRuntime(seed: string): Runtime {
  let drawn = 0
  return {
    ...createRuntime(),
    now: () => 1_700_000_000_000,
    monotonicMs: () => 0,
    randomBytes(length) {
      const blocks = Array.from({ length: Math.ceil(length / 32) }, () => hmacSha256(utf8(seed), u32be(drawn++)))
      return concatBytes(...blocks).slice(0, length)
    },
  }
}
