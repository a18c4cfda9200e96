import type { BlobStore } from '@vaultdb/core'
import { createIndexedDBStore } from '@vaultdb/indexeddb'
import { createLocalStorageStore } from '@vaultdb/localstorage'

export type StoreName = 'indexeddb' | 'localstorage'

/** How each of the browser's stores opens what it keeps under a name. */
export const openStore: Readonly<Record<StoreName, (name: string) => BlobStore>> = {
  indexeddb: (name) => createIndexedDBStore({ name }),
  localstorage: (name) => createLocalStorageStore({ prefix: name }),
}
