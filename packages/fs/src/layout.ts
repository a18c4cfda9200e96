import type { Version } from '@vaultdb/core'

/*
 * What the names inside the folder mean; the README draws the picture.
 *
 *   shards/0.blob/              a key's folder: once it is there it always holds exactly one head
 *     head.7.<token>            the head, an empty file: version `7.<token>` is current; `gone.7.<token>`: the key is deleted
 *     7.<token>                 the content of that version
 *     6.<token>.old             an older version, where `keep` asks for some
 *     8.<token>                 the content of a write under way, or what a crash left of one
 *   shards/x.<token>.new/       a key's folder being made; `.trash` in place of `.new`: one being removed
 */

const KEY_FOLDER_END = '.blob'
const HEAD = /^(head|gone)\.([1-9]\d{0,15})\.([0-9a-f]{16})$/
const CONTENT = /^([1-9]\d{0,15})\.([0-9a-f]{16})(\.old)?$/
const SEGMENT = /^(?:[a-z0-9_-]|\+[a-z])+$/
const UNFINISHED_FOLDER = /^((?:[a-z0-9_-]|\+[a-z])+)\.[0-9a-f]{16}\.(new|trash)$/

/** Random bytes that tell two attempts at one version number apart, also those of two machines. */
export const TOKEN_BYTES = 8

/** The name that says which version of a key is current. Renaming it is the one step that replaces the file. */
export interface Head {
  readonly name: string
  readonly number: number
  readonly version: Version
  readonly deleted: boolean
}

/** A file with the content of one version. */
export interface Content {
  readonly name: string
  readonly number: number
  /** Kept as an older version, not current. */
  readonly old: boolean
}

/** The version that an attempt makes. */
export function versionOf(number: number, token: string): Version {
  return `${number}.${token}`
}

export function headName(version: Version): string {
  return `head.${version}`
}

export function deletedHeadName(version: Version): string {
  return `gone.${version}`
}

export function oldContentName(version: Version): string {
  return `${version}.old`
}

export function parseHead(name: string): Head | null {
  const [, kind, number, token] = HEAD.exec(name) ?? []
  if (number === undefined) return null
  return { name, number: Number(number), version: `${number}.${token}`, deleted: kind === 'gone' }
}

export function parseContent(name: string): Content | null {
  const [, number, , old] = CONTENT.exec(name) ?? []
  return number === undefined ? null : { name, number: Number(number), old: old !== undefined }
}

/** Capitals are written `+a`: on many disks names that differ only in case are one file. */
function encodeSegment(segment: string): string {
  return segment.replace(/[A-Z]/g, (letter) => `+${letter.toLowerCase()}`)
}

function decodeSegment(name: string): string {
  return name.replace(/\+([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

/** A key's folder, as names below the store's folder. */
export function keyFolder(key: string): string[] {
  const segments = key.split('/').map(encodeSegment)
  return segments.map((segment, index) => (index === segments.length - 1 ? `${segment}${KEY_FOLDER_END}` : segment))
}

/** Where a key's folder is made before it gets its name. */
export function unfinishedFolder(folder: string, token: string, end: 'new' | 'trash'): string {
  return `${folder.slice(0, -KEY_FOLDER_END.length)}.${token}.${end}`
}

/** The last segment of the key whose folder has this name, or `null` for a name of another kind. */
export function parseKeyFolder(name: string): string | null {
  if (!name.endsWith(KEY_FOLDER_END)) return null
  const segment = name.slice(0, -KEY_FOLDER_END.length)
  return SEGMENT.test(segment) ? decodeSegment(segment) : null
}

/** The segment of keys that a folder above key folders stands for, or `null` for a name of another kind. */
export function parseSegment(name: string): string | null {
  return SEGMENT.test(name) ? decodeSegment(name) : null
}

/** The key folder's name that a folder left by a creation belongs to, or `null` for a name of another kind. */
export function parseUnfinishedFolder(name: string): { readonly of: string; readonly trash: boolean } | null {
  const [, segment, end] = UNFINISHED_FOLDER.exec(name) ?? []
  return segment === undefined ? null : { of: `${segment}${KEY_FOLDER_END}`, trash: end === 'trash' }
}
