import { sha256 } from '@noble/hashes/sha2.js'
import { utf8, utf8Length } from '../bytes.ts'
import { VaultError } from '../errors.ts'

/** Longest path, in UTF-8 bytes. */
export const MAX_PATH_BYTES = 1024

/** A document path, taken apart: `/bob/notes` is the name `notes` in the directory `/bob/`. */
export interface DocumentPath {
  readonly path: string
  readonly directory: string
  readonly name: string
}

/** A high surrogate without its low one, or the reverse: not representable in UTF-8. */
const LONE_SURROGATE = /\p{Surrogate}/u

/** Why `path` is no path, or `null` if it is one. Says nothing about the trailing slash. */
function fault(path: string): string | null {
  if (!path.startsWith('/')) return 'it must begin with "/"'
  if (path.length > MAX_PATH_BYTES || utf8Length(path) > MAX_PATH_BYTES) {
    return `it is longer than ${MAX_PATH_BYTES} bytes`
  }
  if (path.includes('\0')) return 'it contains a NUL character'
  if (LONE_SURROGATE.test(path)) return 'it contains a lone surrogate'
  const segments = path.slice(1).split('/')
  if (segments.at(-1) === '') segments.pop()
  for (const segment of segments) {
    if (segment === '') return 'it has an empty segment'
    if (segment === '.' || segment === '..') return 'it has a "." or ".." segment'
  }
  return null
}

function invalid(kind: 'document' | 'directory', reason: string): VaultError {
  const hint = kind === 'document' ? 'like "/bob/notes"' : 'like "/bob/", or "/"'
  // The path itself may be a secret (an account's name): the message says what is wrong and not with what.
  return new VaultError('ERR_INVALID_PATH', `Not a ${kind} path (${hint}): ${reason}. joinPath() makes safe ones.`)
}

/** Where each documented path was taken apart before; emptied when full. */
const parsed = new Map<string, DocumentPath>()
const PARSED_LIMIT = 20_000

/** Takes a document path apart. `TypeError` unless a string, `ERR_INVALID_PATH` unless valid. */
export function parseDocumentPath(path: string): DocumentPath {
  const known = parsed.get(path)
  if (known !== undefined) return known
  if (typeof path !== 'string') throw new TypeError('A document path must be a string.')
  const reason = path.endsWith('/') ? 'it ends in "/", which names a directory' : fault(path)
  if (reason !== null) throw invalid('document', reason)
  const cut = path.lastIndexOf('/') + 1
  const result: DocumentPath = { path, directory: path.slice(0, cut), name: path.slice(cut) }
  if (parsed.size >= PARSED_LIMIT) parsed.clear()
  parsed.set(path, result)
  return result
}

/** Returns `path` if it is a directory path. `TypeError` unless a string, `ERR_INVALID_PATH` unless valid. */
export function parseDirectoryPath(path: string): string {
  if (typeof path !== 'string') throw new TypeError('A directory path must be a string.')
  const reason = path.endsWith('/') ? fault(path) : 'it must end in "/"'
  if (reason !== null) throw invalid('directory', reason)
  return path
}

/** Whether `text` is a valid document path. */
export function isDocumentPath(text: string): boolean {
  return !text.endsWith('/') && fault(text) === null
}

/** Whether `text` is a valid directory path. */
export function isDirectoryPath(text: string): boolean {
  return text.endsWith('/') && fault(text) === null
}

/** Whether `text` is a valid last segment of a document path, looked at by itself. */
export function isDocumentName(text: string): boolean {
  return !text.includes('/') && text !== '' && fault(`/${text}`) === null
}

/** The directory that a directory lies in; `null` for `/`. */
export function parentOf(directory: string): string | null {
  return directory === '/' ? null : markerOf(directory).directory
}

/** The marker that says, in its parent, that `directory` has something in it. Not for `/`. */
export function markerOf(directory: string): { readonly directory: string; readonly name: string } {
  const cut = directory.lastIndexOf('/', directory.length - 2) + 1
  return { directory: directory.slice(0, cut), name: directory.slice(cut) }
}

/** `directory` and those above it, deepest first, without `/`: the directories that need a marker. */
export function markedDirectories(directory: string): string[] {
  const all: string[] = []
  for (let at = directory; at !== '/'; at = markerOf(at).directory) all.push(at)
  return all
}

/** How many directories lie above, for ordering deepest first. */
export function depthOf(directory: string): number {
  return directory.split('/').length - 2
}

const hex = (value: number, digits: number): string => value.toString(16).toUpperCase().padStart(digits, '0')
const MAX_SEGMENT_BYTES = 255

/** One text as one path segment, so that different texts give different segments. */
function escapeSegment(text: string): string {
  if (text === '') return '%'
  if (text === '.' || text === '..') return text.replaceAll('.', '%2E')
  const safe = text
    .replace(/[%/\0-\x1F\x7F]/g, (char) => `%${hex(char.charCodeAt(0), 2)}`)
    .replace(/\p{Surrogate}/gu, (char) => `%u${hex(char.charCodeAt(0), 4)}`)
  if (utf8Length(safe) <= MAX_SEGMENT_BYTES) return safe
  let kept = ''
  let bytes = 0
  for (const char of safe) {
    bytes += utf8Length(char)
    if (bytes > 180) break
    kept += char
  }
  // 128 bits of the digest tell apart what was cut; "%~" cannot come from escaping.
  const digest = [...sha256(utf8(safe)).subarray(0, 16)].map((byte) => hex(byte, 2)).join('')
  return `${kept}%~${digest}`
}

/**
 * A document path from a directory and any texts, each of which becomes one segment. Characters that a path cannot hold
 * are escaped (`/` becomes `%2F`, `%` becomes `%25`), a segment longer than 255 bytes is cut and given a digest: different
 * texts always give different paths. Throws `ERR_INVALID_PATH` if `directory` is no directory path or the whole is too long.
 *
 * @example
 * ```ts
 * import { joinPath } from '@vaultdb/core'
 * joinPath('/logins/', 'https://example.com/') // '/logins/https:%2F%2Fexample.com%2F'
 * ```
 */
export function joinPath(directory: string, ...texts: readonly string[]): string {
  parseDirectoryPath(directory)
  if (texts.length === 0 || texts.some((text) => typeof text !== 'string')) {
    throw new TypeError('joinPath() takes a directory path and one or more strings.')
  }
  return parseDocumentPath(directory + texts.map(escapeSegment).join('/')).path
}
