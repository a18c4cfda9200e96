import { VaultError } from '@vaultdb/core'

/**
 * The error for callers of what `localStorage` or a lock threw. What is not known for certain to have changed nothing is
 * `ERR_UNAVAILABLE`; so is what a signal gave as its reason, whatever that is.
 */
export function failure(cause: unknown, signal?: AbortSignal): VaultError {
  if (cause instanceof VaultError && cause !== signal?.reason) return cause
  const { name } = Object(cause) as { readonly name?: unknown }
  if (name === 'SecurityError') return unsupported('Storage is switched off for this page or frame.', cause)
  return name === 'QuotaExceededError'
    ? new VaultError('ERR_QUOTA', "The site's localStorage is full.", { cause })
    : new VaultError('ERR_UNAVAILABLE', `localStorage failed (${name}). Try again.`, { cause })
}

/** The error of a place that cannot hold a vault. */
export function unsupported(message: string, cause?: unknown): VaultError {
  return new VaultError('ERR_UNSUPPORTED', message, { cause })
}

/** The error of an entry that another program has written. */
export function foreign(): VaultError {
  return unsupported('Another program uses this prefix: choose another.')
}
