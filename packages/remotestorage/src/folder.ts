import type { ListedBlob, Version } from '@vaultdb/core'
import { opaqueTagOf } from '@vaultdb/core/adapter'

/** What a folder holds directly. */
export interface FolderItems {
  readonly files: readonly { readonly name: string; readonly version: Version | null; readonly size: number | null }[]
  /** Names with a slash at the end. */
  readonly folders: readonly string[]
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Reads a folder description (draft-dejong-remotestorage-22, section 4); `null` for anything else. */
export function parseFolder(body: Uint8Array): FolderItems | null {
  let description: unknown
  try {
    description = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    return null
  }
  const { items: described } = isObject(description) ? description : {}
  if (!isObject(described)) return null
  const items = Object.entries(described)
  return {
    folders: items.flatMap(([name]) => (name.endsWith('/') ? [name] : [])),
    files: items.flatMap(([name, item]) => {
      if (name.endsWith('/') || !isObject(item)) return []
      const { ETag: etag, 'Content-Length': size } = item
      return [{ name, version: opaqueTagOf(etag), size: Number.isSafeInteger(size) ? (size as number) : null }]
    }),
  }
}

/** One file of a listing. */
export function toListed(key: string, { version, size }: FolderItems['files'][number]): ListedBlob {
  return { key, ...(version === null ? {} : { version }), ...(size === null ? {} : { size }) }
}
