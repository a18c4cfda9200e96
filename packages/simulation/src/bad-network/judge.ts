import { errorCode } from '@vaultdb/core'
import type { Operation } from '../processes/operation.ts'
import { secretIn } from './secrets.ts'

/** Something that must not be, whatever the network does. */
export class Wrong extends Error {}

/** What a network explains: no answer; nobody can tell; too many others; versions hidden, as CORS hides them. */
const CODES_OF_READS: readonly unknown[] = ['ERR_UNAVAILABLE', 'ERR_UNSUPPORTED']
const CODES_OF_CHANGES: readonly unknown[] = [...CODES_OF_READS, 'ERR_OUTCOME_UNKNOWN', 'ERR_CONTENTION']

const READS: readonly string[] = ['get', 'list', 'find', 'entries']

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

function assertTyped(what: string, error: unknown, codes: readonly unknown[], secrets: readonly string[]): void {
  const code = errorCode(error)
  const isTyped = error instanceof Error && error.name === 'VaultError' && codes.includes(code)
  // Only what hides the versions may make a store refuse the place.
  const isExplained = code !== 'ERR_UNSUPPORTED' || /ETag/.test(error instanceof Error ? error.message : '')
  if (!isTyped || !isExplained) throw new Wrong(`${what} failed for no reason: ${describe(error)}`, { cause: error })
  const secret = secretIn(error, secrets)
  if (secret !== null) throw new Wrong(`An error of ${what} holds a secret: ${secret}`)
}

/** Throws {@link Wrong} unless the network explains that opening failed like this. */
export function judgeOpening(error: unknown, secrets: readonly string[]): void {
  assertTyped('open', error, CODES_OF_CHANGES, secrets)
}

/** Throws {@link Wrong} unless the network explains that an operation failed like this. */
export function judgeFailure({ kind }: Operation, error: unknown, secrets: readonly string[]): void {
  const isRead = READS.includes(kind)
  assertTyped(kind, error, isRead ? CODES_OF_READS : CODES_OF_CHANGES, secrets)
  const { applied } = error as { readonly applied?: unknown }
  const known = kind === 'prune' || kind === 'write' ? ['no', 'some', 'unknown'] : ['no', 'unknown']
  if (!isRead && kind !== 'mend' && !known.includes(applied as string)) {
    throw new Wrong(`A failed ${kind} does not say what was applied: ${describe(error)}`)
  }
}
