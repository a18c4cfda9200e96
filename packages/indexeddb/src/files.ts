import type { ListedBlob, StoredBlob, Version } from '@vaultdb/core'
import { conflictError } from '@vaultdb/core/adapter'
import { DESCRIPTIONS } from './connection.ts'
import { foreign } from './failures.ts'

/** A file as it lies in the database. */
export interface StoredFile {
  readonly version: Version
  readonly size: number
  readonly data: Uint8Array
}

/** The file that is stored as `value`, `null` for nothing; throws where it is none that this store has written. */
export function toBlob(value: unknown): StoredBlob | null {
  if (value === undefined) return null
  const { version, data } = (value ?? {}) as Partial<Record<keyof StoredFile, unknown>>
  if (typeof version === 'string' && data instanceof Uint8Array) return { data, version }
  throw foreign()
}

/**
 * Replaces, creates or (without `next`) removes a file if its version is `expected`: one transaction reads, compares and changes,
 * and nothing else is awaited in between, or it would commit early. idb-keyval's `update` does not fit: it cannot remove, and it
 * rejects at the first error, before the transaction has told whether and why it was rolled back.
 */
export function change(
  files: IDBObjectStore,
  key: string,
  expected: Version | null,
  next: StoredFile | undefined,
): Promise<void> {
  const { transaction } = files
  return new Promise((resolve, reject) => {
    let refusal: unknown
    const reading: IDBRequest<unknown> = files.get(key)
    reading.onsuccess = () => {
      try {
        const version = toBlob(reading.result)?.version ?? null
        if (version !== expected) throw conflictError(key)
        if (next) files.put(next, key)
        else files.delete(key)
      } catch (error) {
        refusal = error
        transaction.abort()
      }
    }
    transaction.oncomplete = () => resolve()
    transaction.onabort = () => reject(refusal ?? transaction.error)
  })
}

/** All files with versions and sizes, as of one moment. Values that this store has not written have no description. */
export function listDescriptions(files: IDBObjectStore): Promise<ListedBlob[]> {
  return new Promise((resolve, reject) => {
    const found: ListedBlob[] = []
    const walking = files.index(DESCRIPTIONS).openKeyCursor()
    walking.onerror = () => reject(walking.error)
    walking.onsuccess = () => {
      const cursor = walking.result
      if (!cursor) return resolve(found)
      const [version, size] = cursor.key as [Version, number]
      found.push({ key: cursor.primaryKey as string, version, size })
      cursor.continue()
    }
  })
}
