import { type ListedBlob, type StoredBlob, VaultError, type Version } from '@vaultdb/core'
import { fromBase64 } from './base64.ts'

/** A file as text: its version, a colon, its content in base64. */
const ENTRY = /^([0-9]+\.[A-Za-z0-9+/]{12}):([A-Za-z0-9+/]*={0,2})$/

/** The text of a file. Version and content are one value, so that nothing comes between them. */
export function formatEntry(version: Version, base64: string): string {
  return `${version}:${base64}`
}

/** The file in an entry's text, `null` where there is no entry; throws for what this store has not written. */
export function parseEntry(key: string, text: string | null): StoredBlob | null {
  if (text === null) return null
  const [, version, base64] = ENTRY.exec(text) ?? []
  const data = base64 === undefined ? null : fromBase64(base64)
  if (version !== undefined && data !== null) return { data, version }
  const message = `Something else is stored in the place of file ${key}. It is left as it is: choose another prefix.`
  throw new VaultError('ERR_UNSUPPORTED', message)
}

/** Version and size of the file in an entry's text; nothing of what this store has not written. */
export function describeEntry(text: string): Omit<ListedBlob, 'key'> {
  const [, version, base64] = ENTRY.exec(text) ?? []
  if (version === undefined || base64 === undefined) return {}
  return { version, size: (base64.length * 3) / 4 - (base64.length - base64.replace(/=+$/, '').length) }
}
