import type { Unsubscribe } from '@vaultdb/core'
import { isBlobKey } from '@vaultdb/core/adapter'

/** Watchers in this page, which hears no `storage` events of its own changes. They are given the names of entries. */
const watchers: Set<(entry: string | null) => void> = new Set()

/** Tells the watchers in this page; those in other pages are told by the browser. */
export function announce(entry: string): void {
  queueMicrotask(() => {
    for (const notify of watchers) notify(entry)
  })
}

/** Calls back when a file was changed whose entry begins with `prefix`, here or in another page. */
export function watchChanges(prefix: string, onChange: (key: string) => void): Unsubscribe {
  const notify = (entry: string | null): void => {
    const key = entry?.startsWith(prefix) && entry.slice(prefix.length)
    if (isBlobKey(key)) onChange(key)
  }
  // `sessionStorage` has such events, too; but a hint may be wrong.
  const onStorage = ({ key }: StorageEvent): void => notify(key)
  watchers.add(notify)
  addEventListener('storage', onStorage)
  return () => {
    watchers.delete(notify)
    removeEventListener('storage', onStorage)
  }
}
