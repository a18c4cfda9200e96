import { unsupported } from './failures.ts'

/** The page's storage. Reading the property throws where storage is switched off; workers have none. */
export function pageStorage(): Storage {
  const { localStorage } = globalThis as { readonly localStorage?: Storage | null }
  if (localStorage) return localStorage
  throw unsupported('There is no localStorage here.')
}

/** The lock manager, where the platform has one: in secure contexts only. */
export function pageLocks(): LockManager | undefined {
  return (globalThis.navigator as Partial<Navigator> | undefined)?.locks
}
