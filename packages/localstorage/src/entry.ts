import type { StoredBlob, Version } from '@vaultdb/core'
import { fromBase64 } from './base64.ts'
import { foreign } from './failures.ts'

/** A file as text: its version, a colon, its content in base64. One value, so that nothing comes between the two. */
const ENTRY = /^(?<version>\d+\.[\w+/]+):(.*)$/

/** The file in an entry's text, `null` where there is no entry; throws for what this store has not written. */
export function parseEntry(text: string | null): StoredBlob | null {
  if (text === null) return null
  const [, version, base64 = ''] = ENTRY.exec(text) ?? []
  const data = fromBase64(base64)
  if (version && data) return { data, version }
  throw foreign()
}

/** The version of the file in an entry's text; nothing of what this store has not written. */
export function versionIn(text: string): { readonly version?: Version } {
  return ENTRY.exec(text)?.groups ?? {}
}
