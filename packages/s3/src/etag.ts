import type { Version } from '@vaultdb/core'
import { opaqueTagOf, quotedTag } from '@vaultdb/core/adapter'

/** How a service wants the ETag in `If-Match` of a write: as RFC 9110 says, or bare, as Ceph's gateway does. */
export type ETagForm = 'quoted' | 'unquoted'

/**
 * The characters of an opaque tag (RFC 9110, section 8.8.3), without those that a header would read as something else where the
 * tag stands bare: `If-Match: *` matches every file, and a comma begins another tag.
 */
const VERSION = /^[\x21\x23-\x29\x2b\x2d-\x7e]{1,1024}$/

/** Whether a file can have this version at all; any other matches no file and must not be put into a header. */
export function isVersion(version: Version): boolean {
  return VERSION.test(version)
}

/** The version that an `ETag` stands for, in whatever form it arrived; `null` where there is none. */
export function versionOf(etag: string | null | undefined): Version | null {
  const version = opaqueTagOf(etag)
  return version !== null && isVersion(version) ? version : null
}

/** The ETag of a version, for a conditional header. */
export function toETag(version: Version, form: ETagForm): string {
  return form === 'quoted' ? quotedTag(version) : version
}
