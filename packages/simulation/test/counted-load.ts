import { errorCode, type VaultDB, type VaultError } from '@vaultdb/core'
import { expect } from 'vitest'
import type { SeededRandom } from '../src/seeded-random.ts'

/** Documents in several directories, which meet in shards of 4,096 bytes and split some. */
const PATHS = Array.from({ length: 40 }, (_, index) => `/d${index % 7}/${index}`)

/** How often a document was counted up, at least and at most. */
interface Counted {
  least: number
  most: number
}

/** Documents that are counted up over a network on which anything may go wrong, and how far each may have come. */
export class CountedLoad {
  readonly #random: SeededRandom
  readonly #counts: ReadonlyMap<string, Counted> = new Map(PATHS.map((path) => [path, { least: 0, most: 0 }]))

  constructor(random: SeededRandom) {
    this.#random = random
  }

  /** One operation on a document by chance: in one of three cases it is read, which may show nothing impossible; else counted up. */
  async operate(db: VaultDB): Promise<void> {
    const path = this.#random.pick(PATHS)
    const counted = this.#counts.get(path) as Counted
    if (this.#random.below(3) === 0) {
      const value = (await db.get<number>(path).catch(typed)) ?? 0
      if (typeof value === 'number') expectWithin(value, counted)
      return
    }
    const outcome = await db.update<number>(path, (count) => (count ?? 0) + 1).catch(typed)
    const applied = typeof outcome === 'object' ? (outcome as VaultError | null)?.applied : 'yes'
    if (applied !== 'no') counted.most++
    if (applied === 'yes') counted.least++
  }

  /** Fails where a document lacks what was acknowledged, or holds more than was asked for. */
  async expectAllWithin(db: VaultDB): Promise<void> {
    for (const [path, counted] of this.#counts) expectWithin((await db.get<number>(path)) ?? 0, counted)
  }
}

function typed(error: unknown): unknown {
  expect(['ERR_UNAVAILABLE', 'ERR_OUTCOME_UNKNOWN', 'ERR_CONTENTION']).toContain(errorCode(error))
  return error
}

function expectWithin(value: number, { least, most }: Counted): void {
  expect(value).toBeGreaterThanOrEqual(least)
  expect(value).toBeLessThanOrEqual(most)
}
