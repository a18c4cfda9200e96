import { VaultError } from '@vaultdb/core'

/** The name of an exception, of any realm. */
export function exceptionName(error: unknown): unknown {
  return (error as { readonly name?: unknown } | null | undefined)?.name
}

/**
 * The error for callers of what a request ended with (Indexed Database API 3.0, section 3). What is not known for certain to have
 * changed nothing is `ERR_UNAVAILABLE`; so is what a signal gave as its reason, whatever that is.
 */
export function failure(cause: unknown, signal?: AbortSignal): VaultError {
  if (cause instanceof VaultError && cause !== signal?.reason) return cause
  const name = exceptionName(cause)
  if (name === 'SecurityError') return disabled(cause)
  if (name === 'VersionError' || name === 'NotFoundError') return foreign(cause)
  return name === 'QuotaExceededError'
    ? new VaultError('ERR_QUOTA', 'The browser has no more room for this site.', { cause })
    : new VaultError('ERR_UNAVAILABLE', `IndexedDB failed (${name}). Try again.`, { cause })
}

/** The error of a page without IndexedDB, or of one that may not use it. */
export function disabled(cause?: unknown): VaultError {
  return unsupported('Storage is switched off for this page or frame.', cause)
}

/** The error of a place where another program keeps something. */
export function foreign(cause?: unknown): VaultError {
  return unsupported('Another program uses this database: choose another name.', cause)
}

function unsupported(message: string, cause: unknown): VaultError {
  return new VaultError('ERR_UNSUPPORTED', message, { cause })
}
