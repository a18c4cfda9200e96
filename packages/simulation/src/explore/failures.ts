import { errorCode, type VaultErrorCode } from '@vaultdb/core'
import type { Outcome } from './controlled-store.ts'
import { Violation } from './inspector.ts'

/** What else than the store may have made an operation fail. */
export interface Circumstances {
  /** What became of calls of the same client so far. */
  readonly faults: ReadonlySet<Outcome>
  /** Its signal, or that of its task, was aborted. */
  readonly aborted: boolean
  /** Its database is being closed. */
  readonly closing: boolean
}

/** Faults after which the store's answer is not to be had. */
const SILENCE: readonly Outcome[] = ['timeout', 'lost', 'late']

/** Whether what happened explains that an operation failed like this, on an honest store. */
export function explains({ faults, aborted, closing }: Circumstances, code: VaultErrorCode | undefined): boolean {
  const met = (...outcomes: readonly Outcome[]): boolean => outcomes.some((outcome) => faults.has(outcome))
  switch (code) {
    case 'ERR_CONTENTION':
      return true
    case 'ERR_ABORTED':
      return aborted
    case 'ERR_CLOSED':
      return closing
    case 'ERR_QUOTA':
      return met('refused')
    case 'ERR_TOO_LARGE':
      return met('too-large')
    case 'ERR_UNAUTHORIZED':
      return met('unauthorized')
    case 'ERR_UNAVAILABLE':
      return met(...SILENCE)
    case 'ERR_OUTCOME_UNKNOWN':
      return aborted || met(...SILENCE, 'resent', 'torn', 'absent', 'unauthorized')
    default:
      return false
  }
}

/** The violation of a failure that nothing explains. */
export function unexpected(label: string, error: unknown): Violation {
  if (error instanceof Violation) return error
  const kind = errorCode(error) ?? (error instanceof Error ? error.name : typeof error)
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return new Violation(`A failure that no fault explains (${kind}) of ${label}: ${text}`, { cause: error })
}
