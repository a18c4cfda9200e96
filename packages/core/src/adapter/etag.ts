/**
 * What may surround an opaque tag (RFC 9110, section 8.8.3): `W/` of an intermediary that holds two contents only for
 * equivalent, the name of the coding that another one applied (`-gzip` inside the quotes or behind them), quotes or none.
 */
const FORMS = /^(?:W\/)?"?([^"]+?)(?:--?(?:gzip|br|zstd|deflate))?"?(?:-gzip)?$/

const OPAQUE_TAG = /^[\x21\x23-\x7e]{1,1024}$/

/** Whether a file can have this as the opaque tag of its ETag; any other matches no file and must not get into a header. */
export function isOpaqueTag(text: string): boolean {
  return OPAQUE_TAG.test(text)
}

/** An opaque tag as conditional headers hold it: with quotes, so that not even `*` means anything but itself. */
export function quotedTag(tag: string): string {
  return `"${tag}"`
}

/**
 * The opaque tag of an `ETag` header, the same in whatever form it arrives: of a file that is always replaced as a whole, and
 * sealed, equivalent contents are equal ones. `null` where there is none.
 */
export function opaqueTagOf(etag: unknown): string | null {
  const tag = typeof etag === 'string' ? FORMS.exec(etag.trim())?.[1] : undefined
  return tag !== undefined && isOpaqueTag(tag) ? tag : null
}
