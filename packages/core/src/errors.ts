/** Every code that a {@link VaultError} can carry; `docs/errors.md` has a row for each. */
export type VaultErrorCode =
  | 'ERR_ABORTED'
  | 'ERR_CLOSED'
  | 'ERR_CONFLICT'
  | 'ERR_CONTENTION'
  | 'ERR_CORRUPT'
  | 'ERR_CREDENTIALS'
  | 'ERR_EXISTS'
  | 'ERR_FORK'
  | 'ERR_INVALID_PATH'
  | 'ERR_MISSING'
  | 'ERR_OUTCOME_UNKNOWN'
  | 'ERR_QUOTA'
  | 'ERR_ROLLBACK'
  | 'ERR_TOO_LARGE'
  | 'ERR_UNAUTHORIZED'
  | 'ERR_UNAVAILABLE'
  | 'ERR_UNSUPPORTED'

/** How much of a failed write reached the store: nothing, a part, or nobody can tell. */
export type Applied = 'no' | 'some' | 'unknown'

/** What an error may say beside its code and message. */
export interface VaultErrorDetails {
  /** The error below this one. */
  readonly cause?: unknown
  /** How much of a failed write was applied; absent on errors of reads. */
  readonly applied?: Applied | undefined
  /** How long the store asks to wait before the next request, in milliseconds. */
  readonly retryAfterMs?: number | undefined
  /** Of a failed `write`: one result or error for each of its operations, in their order. */
  readonly results?: readonly unknown[] | undefined
}

/**
 * The one error class of VaultDB. Tell errors apart by `code`, never by class: two copies of the
 * package may be loaded at once. No message holds a document, a key or a password.
 */
export class VaultError extends Error {
  override readonly name: string = 'VaultError'
  /** What went wrong, for programs. */
  readonly code: VaultErrorCode
  /** How much of a failed write was applied; absent on errors of reads. */
  readonly applied?: Applied
  /** How long the store asks to wait before the next request, in milliseconds. */
  readonly retryAfterMs?: number
  /** Of a failed `write`: one result or error for each of its operations, in their order. */
  readonly results?: readonly unknown[]

  constructor(code: VaultErrorCode, message: string, details: VaultErrorDetails = {}) {
    super(message, details)
    this.code = code
    Object.assign(this, details)
  }
}

/** The code of a {@link VaultError}, also of one from another copy of the package; else `undefined`. */
export function errorCode(error: unknown): VaultErrorCode | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  const { code } = error
  return typeof code === 'string' && code.startsWith('ERR_') ? (code as VaultErrorCode) : undefined
}

/** How long the store asks to wait before the next request, in milliseconds, if `error` says so. */
export function retryAfterOf(error: unknown): number | undefined {
  const asked = error instanceof Object && 'retryAfterMs' in error ? error.retryAfterMs : undefined
  return typeof asked === 'number' && !Number.isNaN(asked) ? asked : undefined
}

/** The same error, with the word on how much was applied, and with what else there is to say. */
export function restated(error: unknown, applied: Applied, more = ''): VaultError {
  const message = error instanceof Error ? error.message : 'The store failed.'
  const details = { applied, cause: error, retryAfterMs: retryAfterOf(error) }
  return new VaultError(errorCode(error) ?? 'ERR_UNAVAILABLE', message + more, details)
}

/** The error of an operation whose `signal` was aborted. */
export function abortedError(signal: AbortSignal, applied?: Applied): VaultError {
  return new VaultError('ERR_ABORTED', 'The operation was aborted by its signal.', { cause: signal.reason, applied })
}

/** Throws `ERR_ABORTED` when `signal` is aborted. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortedError(signal)
}
