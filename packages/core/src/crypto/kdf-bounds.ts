/** How a slot's password becomes a key. Stored in the clear and so untrusted until checked against the bounds. */
export type KdfParameters =
  | { readonly name: 'argon2id'; readonly m: number; readonly t: number; readonly p: number; readonly salt: string }
  | { readonly name: 'scrypt'; readonly N: number; readonly r: number; readonly p: number; readonly salt: string }
  | { readonly name: 'pbkdf2-sha256'; readonly c: number; readonly salt: string }

/** 1 GiB: more than a browser tab or a small server spares. */
const MAX_MEMORY_KIB = 2 ** 20
/**
 * 4 GiB written to memory, for all slots together: some 20 seconds in JavaScript. Room for 16 slots of the default cost.
 * scrypt writes and reads its memory, so it counts twice; 5 iterations of PBKDF2 count as 2 KiB.
 */
const MAX_COST_KIB = 2 ** 22

/** A key derivation and what its numbers may be. */
interface Kdf {
  /** By a number's name in the file, in the order in which they stand there. */
  readonly numbers: Readonly<Record<string, readonly [option: string, usual: number, most: number]>>
  /** The cheapest settings that are accepted: in one row every number must be reached. */
  readonly floor: readonly (readonly number[])[]
  /** KiB of memory that it takes, and that it writes. */
  kibOf(...numbers: readonly number[]): readonly [taken: number, written: number]
}

/**
 * Defaults: RFC 9106, section 4, second recommendation; OWASP's first choices for the others. Floors: the cheapest settings
 * of OWASP's Password Storage Cheat Sheet.
 */
export const KDFS: ReadonlyMap<unknown, Kdf> = new Map<unknown, Kdf>([
  [
    'argon2id',
    {
      numbers: {
        m: ['memoryKiB', 65_536, MAX_MEMORY_KIB],
        t: ['passes', 3, MAX_COST_KIB],
        p: ['parallelism', 4, 16],
      },
      floor: [
        [47_104, 1, 1],
        [19_456, 2, 1],
        [12_288, 3, 1],
        [9_216, 4, 1],
        [7_168, 5, 1],
      ],
      kibOf: (m, t) => [m, m * t],
    },
  ],
  [
    'scrypt',
    {
      numbers: { N: ['N', 2 ** 17, 2 ** 23], r: ['r', 8, 32], p: ['p', 1, MAX_COST_KIB] },
      floor: [
        [2 ** 17, 8, 1],
        [2 ** 16, 8, 2],
        [2 ** 15, 8, 3],
        [2 ** 14, 8, 5],
        [2 ** 13, 8, 10],
      ],
      // Not a power of two: no memory is enough for it.
      kibOf: (N, r, p) => [Number.isInteger(Math.log2(N)) ? (N * r) / 8 : Number.NaN, (N * r * p) / 4],
    },
  ],
  [
    'pbkdf2-sha256',
    { numbers: { c: ['iterations', 600_000, 2.5 * MAX_COST_KIB] }, floor: [[600_000]], kibOf: (c) => [0, (c * 2) / 5] },
  ],
])

/** KiB that one derivation writes, or what is wrong with its parameters. */
function costOf(parameters: KdfParameters): number | string {
  const { numbers, floor, kibOf } = KDFS.get(parameters.name) as Kdf
  const members: Readonly<Record<string, unknown>> = parameters
  const given = Object.keys(numbers).map((name) => members[name] as number)
  const most = Object.values(numbers).map(([, , limit]) => limit)
  const isWithin = given.every((number, at) => Number.isSafeInteger(number) && number <= (most[at] as number))
  if (isWithin && floor.some((row) => row.every((least, at) => (given[at] as number) >= least))) {
    const [taken, written] = kibOf(...given)
    if (taken <= MAX_MEMORY_KIB) return written
  }
  const options = Object.values(numbers).map(([option]) => option)
  const bounds = `takes (${options}) from ${floor.map((row) => `(${row})`).join(' or ')} to (${most})`
  return `${parameters.name} ${bounds}, in at most 1 GiB of memory${'N' in numbers ? ', with a power of two as N' : ''}.`
}

/** What is wrong with the parameters of slots that would be tried together; `null` when nothing is. */
export function checkKdfBounds(parameters: readonly KdfParameters[]): string | null {
  let totalKiB = 0
  for (const each of parameters) {
    const cost = costOf(each)
    if (typeof cost === 'string') return cost
    totalKiB += cost
  }
  return totalKiB <= MAX_COST_KIB ? null : 'it writes more than 4 GiB of memory: lower its numbers.'
}
