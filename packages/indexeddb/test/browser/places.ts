import { createIndexedDBStore, type IndexedDBStoreOptions } from '@vaultdb/indexeddb'
import { type Places, placesOf } from '../../../browsers/pages/places.ts'

/** The browser's answer to one request. */
export function answerOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

/** A connection of somebody else, who made the database if it was not there. */
export function openRaw(
  name: string,
  version?: number,
  upgrade?: (database: IDBDatabase) => void,
): Promise<IDBDatabase> {
  const request = indexedDB.open(name, version)
  request.onupgradeneeded = () => upgrade?.(request.result)
  return answerOf(request)
}

/** Resolves when the database is gone: never, if somebody keeps a connection. */
export async function deleteDatabase(name: string): Promise<void> {
  await answerOf(indexedDB.deleteDatabase(name))
}

/** Databases of which each is removed after its trial. */
export const places: Places<IndexedDBStoreOptions> = placesOf(
  (name, options) => createIndexedDBStore({ name, ...options }),
  deleteDatabase,
)
