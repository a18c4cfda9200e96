import { type BlobStore, createMemoryStore, createMemoryWitness, errorCode, VaultDB, type Witness } from '@vaultdb/core'
import { fromBase64Url, fromHex } from '../../src/bytes.ts'
import type { VaultFiles, VectorCredentials } from '../format/vector-reader.ts'

/** What opening a vault and reading all that is in it came to. */
export type Opened =
  | { readonly outcome: 'opened'; readonly documents: Readonly<Record<string, unknown>> }
  | { readonly outcome: string; readonly documents: null }

/** A store that holds these files and no others. */
export async function storeOf(files: VaultFiles): Promise<BlobStore> {
  const store = createMemoryStore()
  for (const [key, text] of Object.entries(files)) await store.write(key, fromBase64Url(text), null)
  return store
}

/** Opens the vault, reads all of it and closes it. Anything but a typed error is thrown. */
export async function openAndRead(
  store: BlobStore,
  credentials: VectorCredentials,
  witness: Witness = createMemoryWitness(),
): Promise<Opened> {
  const secret = 'key' in credentials ? { key: fromHex(credentials.key) } : credentials
  try {
    const db = await VaultDB.open(store, { ...secret, witness })
    try {
      const entries = await db.entries('/').toArray()
      const documents = await Promise.all(entries.map(async ([path]) => [path, await db.get(path)] as const))
      return { outcome: 'opened', documents: Object.fromEntries(documents) }
    } finally {
      await db.close()
    }
  } catch (error) {
    const code = errorCode(error)
    if (code === undefined) throw error
    return { outcome: code, documents: null }
  }
}

/** The values of documents that vectors hold as JSON. */
export function valuesOf(documents: Readonly<Record<string, string>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(documents).map(([path, json]) => [path, JSON.parse(json) as unknown]))
}
