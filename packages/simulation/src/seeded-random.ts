/** A reproducible source of numbers. For simulations and test data; never for keys that protect anything. */
export interface SeededRandom {
  /** The next 32-bit unsigned integer. */
  uint32(): number
  /** A number in [0, 1). */
  fraction(): number
  /** An integer in [0, `bound`); `bound` from 1 to 2^32. */
  below(bound: number): number
  /** One element of a list that is not empty. */
  pick<T>(list: readonly T[]): T
  /** `length` bytes. */
  bytes(length: number): Uint8Array<ArrayBuffer>
}

/** Mulberry32: a 32-bit counter through a mixing function. Small, quick, and the same on every platform. */
export function createSeededRandom(seed: number): SeededRandom {
  let state = seed >>> 0
  const uint32 = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const fraction = (): number => uint32() / 2 ** 32
  const below = (bound: number): number => Math.floor(fraction() * bound)
  return {
    uint32,
    fraction,
    below,
    pick: <T>(list: readonly T[]): T => list[below(list.length)] as T,
    bytes: (length) => Uint8Array.from({ length }, () => uint32() & 0xff),
  }
}
