import type { Version } from '@vaultdb/core'

/**
 * An ETag in the forms that servers and intermediaries give it (RFC 9110, section 8.8.3): `W/` of one that holds two contents
 * only for equivalent, the name of a coding inside or behind the quotes (`"1-gzip"`), or no quotes at all.
 */
const FORMS = /^(?:W\/)?"?([^"]+?)(?:--?(?:gzip|br|zstd|deflate))?"?(?:-gzip)?$/
const VERSION = /^[\x21\x23-\x7e]{1,1024}$/

/** Whether a file can have this version; any other matches none and must not get into a header. */
export function isVersion(version: Version): boolean {
  return VERSION.test(version)
}

/** The version that an ETag stands for; `null` where there is none. */
export function versionOf(etag: unknown): Version | null {
  const version = typeof etag === 'string' ? FORMS.exec(etag.trim())?.[1] : undefined
  return version !== undefined && isVersion(version) ? version : null
}

/** For a conditional header. Quoted, so that not even `*` means anything but itself. */
export function toETag(version: Version): string {
  return `"${version}"`
}
