/** How a slot's password becomes a key. Stored in the clear and so untrusted until checked against the bounds. */
export type KdfParameters =
  | { readonly name: 'argon2id'; readonly m: number; readonly t: number; readonly p: number; readonly salt: string }
  | { readonly name: 'scrypt'; readonly N: number; readonly r: number; readonly p: number; readonly salt: string }
  | { readonly name: 'pbkdf2-sha256'; readonly c: number; readonly salt: string }

/**
 * The cheapest settings that OWASP's Password Storage Cheat Sheet accepts; one row must be reached in both columns.
 * Argon2id: memory in KiB and passes. scrypt (with r of 8 or more): N and p. PBKDF2-HMAC-SHA-256: iterations.
 */
const ARGON2ID_FLOOR = [
  [47_104, 1],
  [19_456, 2],
  [12_288, 3],
  [9_216, 4],
  [7_168, 5],
] as const
const SCRYPT_FLOOR = [
  [2 ** 17, 1],
  [2 ** 16, 2],
  [2 ** 15, 3],
  [2 ** 14, 5],
  [2 ** 13, 10],
] as const
const PBKDF2_FLOOR = 600_000

/** 1 GiB: more than a browser tab or a small server spares. */
const MAX_MEMORY_KIB = 2 ** 20
/**
 * 4 GiB written to memory, for all slots together: some 20 seconds in JavaScript. Room for 16 slots of the default cost.
 * scrypt writes and reads its memory, so it counts twice; 5 iterations of PBKDF2 count as 2 KiB.
 */
const MAX_COST_KIB = 2 ** 22

type Floor = readonly (readonly [first: number, second: number])[]

function reaches(floor: Floor, first: number, second: number): boolean {
  return floor.some(([leastFirst, leastSecond]) => first >= leastFirst && second >= leastSecond)
}

function isCount(value: number, min: number, max: number): boolean {
  return Number.isSafeInteger(value) && value >= min && value <= max
}

/** Cost of one derivation in KiB written, or what is wrong with its parameters. */
function costOf(parameters: KdfParameters): number | string {
  switch (parameters.name) {
    case 'argon2id': {
      const { m, t, p } = parameters
      if (!isCount(p, 1, 16)) return 'Argon2id takes 1 to 16 lanes.'
      if (!isCount(m, 1, MAX_MEMORY_KIB)) return `Argon2id takes at most ${MAX_MEMORY_KIB} KiB of memory.`
      if (!isCount(t, 1, MAX_COST_KIB)) return `Argon2id takes 1 to ${MAX_COST_KIB} passes.`
      if (!reaches(ARGON2ID_FLOOR, m, t)) {
        return 'Argon2id needs at least 46 MiB of memory with 1 pass, 19 MiB with 2, 12 MiB with 3, 9 MiB with 4 or 7 MiB with 5.'
      }
      return m * t
    }
    case 'scrypt': {
      const { N, r, p } = parameters
      if (!isCount(r, 8, 32)) return 'scrypt takes an r of 8 to 32.'
      if (!isCount(N, 2, 2 ** 23) || !Number.isInteger(Math.log2(N)))
        return 'scrypt takes a power of two as N, at most 2^23.'
      if (!isCount(p, 1, MAX_COST_KIB)) return `scrypt takes a p of 1 to ${MAX_COST_KIB}.`
      if ((N * r) / 8 > MAX_MEMORY_KIB) return `scrypt takes at most ${MAX_MEMORY_KIB} KiB of memory (128 N r bytes).`
      if (!reaches(SCRYPT_FLOOR, N, p)) {
        return 'scrypt needs at least N of 2^17 with a p of 1, 2^16 with 2, 2^15 with 3, 2^14 with 5 or 2^13 with 10.'
      }
      return (N * r * p) / 4
    }
    case 'pbkdf2-sha256': {
      const { c } = parameters
      if (!isCount(c, PBKDF2_FLOOR, 2.5 * MAX_COST_KIB)) {
        return `PBKDF2 takes ${PBKDF2_FLOOR} to ${2.5 * MAX_COST_KIB} iterations.`
      }
      return (c * 2) / 5
    }
  }
}

/** What is wrong with the parameters of slots that would be tried together; `null` when nothing is. */
export function checkKdfBounds(parameters: readonly KdfParameters[]): string | null {
  let totalKiB = 0
  for (const each of parameters) {
    const cost = costOf(each)
    if (typeof cost === 'string') return cost
    totalKiB += cost
  }
  if (totalKiB <= MAX_COST_KIB) return null
  return 'it costs more than 4 GiB of memory written: Argon2id KiB × passes, scrypt N × r × p / 4, PBKDF2 iterations × 2 / 5.'
}
