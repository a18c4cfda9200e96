import { VaultError, type VaultErrorCode } from '@vaultdb/core'

const DISABLED = 'This browser keeps no data for this page: storage is switched off for it, or the frame is sandboxed.'

/** What the names of exceptions mean (Indexed Database API 3.0, section 3); every other one may be gone at the next try. */
const MEANINGS: ReadonlyMap<string, readonly [VaultErrorCode, string]> = new Map([
  ['QuotaExceededError', ['ERR_QUOTA', 'The browser has no more room for this site: remove something and try again.']],
  ['SecurityError', ['ERR_UNSUPPORTED', DISABLED]],
  ['VersionError', ['ERR_UNSUPPORTED', 'A database of that name belongs to another program: choose another name.']],
  ['NotFoundError', ['ERR_UNSUPPORTED', 'A database of that name belongs to another program: choose another name.']],
])

/** The name of an exception, of any realm; `''` for what is none. */
export function exceptionName(error: unknown): string {
  return error instanceof Object && 'name' in error ? String(error.name) : ''
}

/** The error for callers. What is not known for certain to have changed nothing is `ERR_UNAVAILABLE`. */
export function failure(error: unknown, doing: string): VaultError {
  if (error instanceof VaultError) return error
  const name = exceptionName(error)
  const [code, advice] = MEANINGS.get(name) ?? ['ERR_UNAVAILABLE', 'Try again.']
  return new VaultError(code, `Cannot ${doing}${name && ` (${name})`}. ${advice}`, { cause: error })
}

/** The error of a page without IndexedDB, or of one that may not use it. */
export function disabled(cause?: unknown): VaultError {
  return new VaultError('ERR_UNSUPPORTED', DISABLED, { cause })
}

/**
 * Whether a database did not open because storage is switched off. Firefox then says `InvalidStateError`; Chromium says
 * `UnknownError`, which may mean anything, and refuses locks as well, by a name of their own (Web Locks API, section 3.2).
 */
export async function isSwitchedOff(error: unknown): Promise<boolean> {
  const name = exceptionName(error)
  if (name !== 'UnknownError') return name === 'InvalidStateError'
  const { locks } = navigator as { readonly locks?: LockManager } // not on plain-http pages
  try {
    await locks?.query()
    return false
  } catch (refusal) {
    return exceptionName(refusal) === 'SecurityError'
  }
}
