import { createSeededRandom } from '../seeded-random.ts'
import { FAULTS } from './faults.ts'

/** Names the fault of the next request; `null` for none. */
export type FaultPlan = () => string | null

/** A plan in which nothing goes wrong. */
export const NO_FAULTS: FaultPlan = () => null

/**
 * A plan drawn from a seed: so many of a hundred requests meet a fault, by default of all kinds. Faults come up one after the other in ever new orders, so that
 * none is left out.
 */
export function planFaults(seed: number, percent: number, names: readonly string[] = Object.keys(FAULTS)): FaultPlan {
  const random = createSeededRandom(seed)
  let deck: string[] = []
  return () => {
    if (random.below(100) >= percent) return null
    if (deck.length === 0) deck = [...names]
    const [drawn = null] = deck.splice(random.below(deck.length), 1)
    return drawn
  }
}
