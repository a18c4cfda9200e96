import { join } from 'node:path'
import { type StoredBlob, VaultError, type Version } from '@vaultdb/core'
import { refuseConflictCopies, refuseTwoHeads } from './conflict-copies.ts'
import { contentBytes, readContent, readNames } from './disk.ts'
import { type Content, type Head, parseContent, parseHead } from './layout.ts'

/** What a listing of a key's folder says. */
export interface KeyState {
  /** There is a folder with something in it. */
  readonly present: boolean
  /** The current version, a deletion included; `null`: the key never existed. */
  readonly head: Head | null
  readonly contents: readonly Content[]
}

const ABSENT: KeyState = Object.freeze({ present: false, head: null, contents: [] })

/** Each further listing means that another writer got through in between, so many in a row are next to impossible. */
const MAX_LISTINGS = 100

/** Listings that agree before something that only a race or damage can show is taken for damage. */
const STEADY_LISTINGS = 3

function parse(folder: string, names: readonly string[]): { heads: Head[]; contents: Content[] } {
  const heads: Head[] = []
  const contents: Content[] = []
  const foreign: string[] = []
  for (const name of names) {
    const content = parseContent(name)
    const head = content === null ? parseHead(name) : null
    if (content !== null) contents.push(content)
    else if (head !== null) heads.push(head)
    else foreign.push(name)
  }
  refuseConflictCopies(folder, foreign)
  return { heads, contents }
}

function unsteady(folder: string): VaultError {
  return new VaultError('ERR_UNAVAILABLE', `${folder} changed all the time while it was read. Try again.`)
}

function damaged(folder: string, missing: string): VaultError {
  const message =
    `${folder} lacks ${missing}. If a copy into this folder is under way, wait until it is done; else restore the folder ` +
    'from a backup.'
  return new VaultError('ERR_UNAVAILABLE', message)
}

/**
 * Lists a key's folder. A listing that runs beside a rename may show the old name, the new one, both or none (POSIX leaves
 * it open), so anything but one head is listed again until it is certain that no race made it.
 */
export function readState(folder: string): KeyState {
  let previous = ''
  let steady = 0
  for (let listing = 0; listing < MAX_LISTINGS; listing++) {
    const names = readNames(folder)
    if (names === null) return ABSENT
    const { heads, contents } = parse(folder, names)
    const [head] = heads
    if (head !== undefined && heads.length === 1) return { present: true, head, contents }
    const current = heads.map(({ name }) => name).join()
    steady = current === previous ? steady + 1 : 1
    previous = current
    if (steady < STEADY_LISTINGS) continue
    if (heads.length > 1) refuseTwoHeads(folder, heads)
    if (contents.length > 0) throw damaged(folder, 'the file that says which version is current (`head.…`)')
    return { present: names.length > 0, head: null, contents }
  }
  throw unsteady(folder)
}

/**
 * Looks at the current content. A writer that gets in between clears the content that was listed, so its absence means:
 * list again.
 */
function withCurrentContent<T>(folder: string, look: (path: string, head: Head) => T | null): T | null {
  let missing: Version | null = null
  for (let attempt = 0; attempt < MAX_LISTINGS; attempt++) {
    const { head } = readState(folder)
    if (head === null || head.deleted) return null
    const seen = look(join(folder, head.version), head)
    if (seen !== null) return seen
    if (missing === head.version) throw damaged(folder, `the content of its current version (\`${head.version}\`)`)
    missing = head.version
  }
  throw unsteady(folder)
}

/** The current version with its content; `'unchanged'` without looking at the content if it is `unlessVersion`. */
export function readCurrent(folder: string, unlessVersion: Version | undefined): StoredBlob | 'unchanged' | null {
  return withCurrentContent<StoredBlob | 'unchanged'>(folder, (path, { version }) => {
    if (version === unlessVersion) return 'unchanged'
    const data = readContent(path)
    return data === null ? null : { data, version }
  })
}

/** The current version and the length of its content. */
export function describeCurrent(folder: string): { readonly version: Version; readonly size: number } | null {
  return withCurrentContent(folder, (path, { version }) => {
    const size = contentBytes(path)
    return size === null ? null : { version, size }
  })
}
