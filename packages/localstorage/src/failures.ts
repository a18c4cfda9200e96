import { VaultError } from '@vaultdb/core'

/** The error for callers of what `localStorage` or a lock threw. */
export function failure(error: unknown, doing: string): VaultError {
  if (error instanceof VaultError) return error
  const name = error instanceof Object && 'name' in error ? String(error.name) : ''
  const because = `Cannot ${doing}${name && ` (${name})`}.`
  if (name === 'QuotaExceededError') {
    const advice = 'The browser gives a site some 5 MB of localStorage, and they are used up: remove something, or use'
    return new VaultError('ERR_QUOTA', `${because} ${advice} @vaultdb/indexeddb.`, { cause: error })
  }
  if (name === 'SecurityError') {
    const advice = 'Storage is switched off for this page, or its frame is sandboxed.'
    return new VaultError('ERR_UNSUPPORTED', `${because} ${advice}`, { cause: error })
  }
  return new VaultError('ERR_UNAVAILABLE', `${because} Try again.`, { cause: error })
}

/** The page's storage. Reading the property throws where storage is switched off; workers have none. */
export function storageOfPage(): Storage {
  const { localStorage } = globalThis as { readonly localStorage?: Storage | null }
  if (localStorage) return localStorage
  const advice = 'Workers and some settings have none: use @vaultdb/indexeddb.'
  throw new VaultError('ERR_UNSUPPORTED', `There is no localStorage here. ${advice}`)
}

/** The lock manager, without which nothing may be written. */
export function locksOfPage(): LockManager {
  const locks = locksIfAny()
  if (locks !== undefined) return locks
  const advice = 'Serve the page over https, or use @vaultdb/indexeddb.'
  throw new VaultError('ERR_UNSUPPORTED', `Writing to localStorage takes Web Locks, which are missing here. ${advice}`)
}

/** The lock manager, where the platform has one: in secure contexts only. */
export function locksIfAny(): LockManager | undefined {
  return (globalThis.navigator as Partial<Navigator> | undefined)?.locks
}
