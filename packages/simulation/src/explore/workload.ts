import type { Opening } from './opening.ts'
import type { Batch } from './steps.ts'

/** What one client does. */
export interface Script {
  /** Number of decisions before it is born. */
  readonly bornAt: number
  /** Number of decisions before it dies in the middle of whatever it does; `null` to let it finish. */
  readonly diesAt: number | null
  readonly opening: Opening
  /** The device whose witness it keeps, which outlives it; `null` for none. */
  readonly device: number | null
  /** Default of its reads. */
  readonly maxAgeMs: number
  readonly batches: readonly Batch[]
}

/** Everything that a simulation is made of, save its decisions. JSON. */
export interface Workload {
  readonly seed: number
  readonly universe: readonly string[]
  readonly shardBytes: number
  readonly atomicReads: boolean
  /** Whether the vault is there from the beginning and takes a password, beside the key that opens it. */
  readonly hasPassword: boolean
  /** How often a request is sent, and an operation planned, at most. */
  readonly retry: { readonly requestAttempts: number; readonly conflictAttempts: number }
  readonly scripts: readonly Script[]
}

/** What most clients are like. */
export const ORDINARY: Pick<Script, 'bornAt' | 'diesAt' | 'opening' | 'device' | 'maxAgeMs'> = {
  bornAt: 0,
  diesAt: null,
  opening: 'open-or-create',
  device: null,
  maxAgeMs: 0,
}
