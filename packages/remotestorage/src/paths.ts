/** Escapes what a part of a path must not hold: servers take letters, digits, `.`, `-`, `_` and `%` for granted, and no more. */
function escapePart(part: string): string {
  return encodeURIComponent(part).replace(
    /[!'()*~]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** The vault's folder, escaped, as `/notes/vault/`; a `TypeError` for one that is none. Keys are appended as they are. */
export function toFolder(path: unknown): string {
  const parts = typeof path === 'string' ? path.replace(/^\/|\/$/g, '').split('/') : []
  // Items are named by anything but "/" and NUL (draft-dejong-remotestorage-22, section 3); "." and ".." do not survive in URLs.
  const wrong =
    parts.length === 0 || parts.some((part) => ['', '.', '..'].includes(part) || /\0|\p{Surrogate}/u.test(part))
  if (wrong) throw new TypeError('Option `path` must be a folder in the storage, such as "notes/vault".')
  if (parts[0] === 'public') {
    throw new TypeError('Option `path` must not be below "public", where everybody may read.')
  }
  return `/${parts.map(escapePart).join('/')}/`
}
