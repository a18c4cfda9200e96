import type { NetworkCost } from './cost.ts'
import type { Materials } from './materials.ts'

/** A limit that a figure must not exceed. */
export interface Bound {
  readonly what: string
  readonly measured: number
  readonly limit: number
}

/** What one row of the table found. */
export interface RowResult {
  /** Our figure: `requests / rounds`, or bytes. */
  readonly figure: string
  readonly bounds: readonly Bound[]
  /** One for each client. */
  readonly costs: readonly NetworkCost[]
}

/** One operation, what it may cost, and how to find out what it does cost. */
export interface NetworkRow {
  readonly operation: string
  /** The bound in words, `requests / rounds`. */
  readonly floor: string
  /** Of the predecessor with 8 shards and of one encrypted file, measured earlier in the same way. */
  readonly predecessor: string
  readonly singleFile: string
  measure(materials: Materials): Promise<RowResult>
}

/** Bounds on both counts. */
export const within = (cost: NetworkCost, requests: number, rounds: number): Bound[] => [
  { what: 'requests', measured: cost.requests, limit: requests },
  { what: 'rounds', measured: cost.rounds, limit: rounds },
]

/** A result whose figure is the two counts of its one client. */
export const requestsAndRounds = (cost: NetworkCost, ...bounds: readonly Bound[]): RowResult => ({
  figure: `${cost.requests} / ${cost.rounds}`,
  bounds,
  costs: [cost],
})

/** The bounds of a result that its figures exceed. */
export function exceeded(result: RowResult): Bound[] {
  return result.bounds.filter((bound) => bound.measured > bound.limit)
}
