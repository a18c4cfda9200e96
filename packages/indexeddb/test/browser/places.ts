import { createIndexedDBStore, type IndexedDBStoreOptions } from '@vaultdb/indexeddb'
import { type Places, placesOf } from '../../../browsers/pages/places.ts'
import { replacing } from '../../../browsers/pages/replacing.ts'

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

/** Puts itself around the beginning of a transaction. */
export type AroundTransaction = (
  begin: () => IDBTransaction,
  ...args: Parameters<IDBDatabase['transaction']>
) => IDBTransaction

/** Has every transaction that begins while `work` is done begin by way of `around`. */
export async function aroundTransactions(around: AroundTransaction, work: () => Promise<void>): Promise<void> {
  const original = IDBDatabase.prototype.transaction
  const transaction: IDBDatabase['transaction'] = function (this: IDBDatabase, ...args) {
    return around(() => Reflect.apply(original, this, args), ...args)
  }
  await replacing(IDBDatabase.prototype, 'transaction', { value: transaction }, work)
}

/** Databases of which each is removed after its trial. */
export const places: Places<IndexedDBStoreOptions> = placesOf(
  (name, options) => createIndexedDBStore({ name, ...options }),
  deleteDatabase,
)
