import { isBlobKey, type Unsubscribe } from '@vaultdb/core'

interface Watcher {
  readonly prefix: string
  readonly notify: (key: string) => void
}

/** Watchers in this page, which hears no `storage` events of its own changes. */
const watchers: Set<Watcher> = new Set()

/** Tells the watchers in this page; those in other pages are told by the browser. */
export function announce(prefix: string, key: string): void {
  queueMicrotask(() => {
    for (const watcher of watchers) if (watcher.prefix === prefix) watcher.notify(key)
  })
}

/** Calls back when a file below `prefix` was changed, here or in another page. */
export function watchChanges(prefix: string, onChange: (key: string) => void): Unsubscribe {
  const watcher: Watcher = { prefix, notify: (key) => onChange(key) }
  const onStorage = ({ key: entry, storageArea }: StorageEvent): void => {
    if (storageArea !== globalThis.localStorage || !entry?.startsWith(`${prefix}:`)) return
    const key = entry.slice(prefix.length + 1)
    if (isBlobKey(key)) watcher.notify(key)
  }
  watchers.add(watcher)
  globalThis.addEventListener?.('storage', onStorage)
  return () => {
    watchers.delete(watcher)
    globalThis.removeEventListener?.('storage', onStorage)
  }
}
