import { type ListedBlob, VaultError, type Version } from '@vaultdb/core'
import { DESCRIPTIONS } from './connection.ts'

/** A file as it lies in the database. */
export interface StoredFile {
  readonly version: Version
  readonly size: number
  readonly data: Uint8Array
}

/** What was stored under `key`, `undefined` for nothing; throws where it is not a file that this store has written. */
export function toFile(key: string, value: unknown): StoredFile | undefined {
  if (value === undefined) return undefined
  const { version, data } = (value ?? {}) as Partial<Record<keyof StoredFile, unknown>>
  if (typeof version === 'string' && data instanceof Uint8Array) return { version, size: data.length, data }
  const message = `Something else is stored in the place of file ${key}. It is left as it is: choose another name.`
  throw new VaultError('ERR_UNSUPPORTED', message)
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
  signal: AbortSignal | undefined,
): Promise<void> {
  const { transaction } = files
  return new Promise((resolve, reject) => {
    let refusal: unknown
    const stop = (error: unknown): void => {
      refusal = error
      try {
        transaction.abort()
      } catch {
        // It has ended, or is being committed: its own event tells.
      }
    }
    const reading: IDBRequest<unknown> = files.get(key)
    reading.onsuccess = () => {
      try {
        const current = toFile(key, reading.result)
        if ((current?.version ?? null) !== expected) throw conflict(key)
        if (next === undefined) files.delete(key)
        else files.put(next, key)
      } catch (error) {
        stop(error)
      }
    }
    const onSignal = (): void => stop(signal?.reason)
    if (signal?.aborted) onSignal()
    signal?.addEventListener('abort', onSignal)
    const end = (settle: () => void): void => {
      signal?.removeEventListener('abort', onSignal)
      settle()
    }
    transaction.oncomplete = () => end(resolve)
    transaction.onabort = () => end(() => reject(refusal ?? transaction.error))
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
      if (cursor === null) return resolve(found)
      const [version, size] = cursor.key as [Version, number]
      found.push({ key: String(cursor.primaryKey), version, size })
      cursor.continue()
    }
  })
}

function conflict(key: string): VaultError {
  return new VaultError('ERR_CONFLICT', `File ${key} is not the version that was to be replaced. Read it again.`)
}
