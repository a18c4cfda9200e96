import { parseXml, XmlElement } from '@rgrove/parse-xml'
import type { Version } from '@vaultdb/core'
import { versionOf } from './etag.ts'

/** One object of a listing. */
export interface ListedObject {
  readonly name: string
  readonly version: Version | null
  readonly size: number | null
}

/** One page of a listing (`ListObjectsV2`). */
export interface ListingPage {
  readonly objects: readonly ListedObject[]
  /** What asks for the next page; `null` on the last one. */
  readonly continuation: string | null
}

function elementsOf({ children }: XmlElement, name: string): XmlElement[] {
  return children.filter((child): child is XmlElement => child instanceof XmlElement && child.name === name)
}

function textOf(element: XmlElement, name: string): string | undefined {
  return elementsOf(element, name)[0]?.text
}

function sizeOf(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null
}

/** The page that a document describes; `null` where it is none. */
export function parseListingPage(body: Uint8Array): ListingPage | null {
  try {
    const { root } = parseXml(new TextDecoder('utf-8', { fatal: true }).decode(body))
    if (root?.name !== 'ListBucketResult') return null
    const isTruncated = textOf(root, 'IsTruncated') === 'true'
    const continuation = textOf(root, 'NextContinuationToken') ?? null
    if (isTruncated && continuation === null) return null
    const objects = elementsOf(root, 'Contents').map((contents) => ({
      name: textOf(contents, 'Key') ?? '',
      version: versionOf(textOf(contents, 'ETag')),
      size: sizeOf(textOf(contents, 'Size')),
    }))
    return { objects, continuation: isTruncated ? continuation : null }
  } catch {
    return null // not well-formed, or not UTF-8
  }
}
