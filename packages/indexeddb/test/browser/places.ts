import type { BlobStore } from '@vaultdb/core'
import { createIndexedDBStore, type IndexedDBStoreOptions } from '@vaultdb/indexeddb'

/** What one trial has to show; it rejects if it fails. */
export interface Trial {
  readonly name: string
  run(): Promise<void>
}

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

/** A place of its own for one trial, in which it opens stores and databases. */
export interface Place {
  readonly name: string
  open(options?: Partial<IndexedDBStoreOptions>): BlobStore
}

let places = 0

/** Hands an empty place to `body` and removes it afterwards. */
export async function inPlace(body: (place: Place) => Promise<void>): Promise<void> {
  places += 1
  const name = `trial-${places}-${crypto.randomUUID()}`
  const stores: BlobStore[] = []
  const open = (options: Partial<IndexedDBStoreOptions> = {}): BlobStore => {
    const store = createIndexedDBStore({ name, ...options })
    stores.push(store)
    return store
  }
  try {
    await body({ name, open })
  } finally {
    await Promise.all(stores.map((store) => store.close?.()))
    await deleteDatabase(name)
  }
}

/** Gives `owner` another property as long as `work` takes. */
export async function replacing(
  owner: object,
  property: string,
  descriptor: PropertyDescriptor,
  work: () => Promise<void>,
): Promise<void> {
  const original = Object.getOwnPropertyDescriptor(owner, property)
  Object.defineProperty(owner, property, { ...descriptor, configurable: true })
  try {
    await work()
  } finally {
    if (original === undefined) Reflect.deleteProperty(owner, property)
    else Object.defineProperty(owner, property, original)
  }
}
