import { join } from 'node:path'
import { refuseCopiedFolders } from './conflict-copies.ts'
import { changedAtMs, isFolder, readNames, removeQuietly, renameFolder, unlinkQuietly } from './disk.ts'
import { readState } from './key-folder.ts'
import { parseKeyFolder, parseUnfinishedFolder } from './layout.ts'

/**
 * After this time a folder that somebody began to make counts as left by a crash. Too short would cost a very slow writer
 * its attempt (`ERR_UNAVAILABLE`), never a file: the folder is taken away and finished by the same kind of rename, so only
 * one of them can happen.
 */
export const ABANDONED_AFTER_MS: number = 60 * 60 * 1000

/** Throws `ERR_FORK` where a sync service's conflict copies lie beside the folders of a key. */
export function inspectAbove(root: string, names: readonly string[]): void {
  let folder = root
  for (const segment of names) {
    refuseCopiedFolders(folder, readNames(folder) ?? [], segment)
    folder = join(folder, segment)
  }
}

/**
 * Clears what crashes left in a folder of key folders and no write of the same key comes to clear. Of creations: at once where
 * the key exists, for then the creation can never succeed, else after {@link ABANDONED_AFTER_MS}. Of deletions: the content.
 */
export function clearAbandoned(folder: string, nowMs: number): void {
  const names = readNames(folder) ?? []
  const present = new Set(names)
  for (const name of names) {
    const unfinished = parseUnfinishedFolder(name)
    if (unfinished === null) {
      if (parseKeyFolder(name) !== null) clearDeleted(join(folder, name))
      continue
    }
    const path = join(folder, name)
    if (unfinished.trash) removeQuietly(path)
    else if (present.has(unfinished.of) || isAbandoned(path, nowMs)) takeAway(path)
  }
}

/** Whoever deleted the key was killed before its content was gone. What is numbered beyond the deletion may be a new one. */
function clearDeleted(keyFolder: string): void {
  try {
    const { head, contents } = readState(keyFolder)
    if (head?.deleted !== true) return
    for (const { name, number, old } of contents) {
      if (!old && number <= head.number) unlinkQuietly(keyFolder, name)
    }
  } catch {
    // A damaged folder is for those to hear of who ask for its key.
  }
}

function isAbandoned(path: string, nowMs: number): boolean {
  const changed = changedAtMs(path)
  return changed !== null && nowMs - changed > ABANDONED_AFTER_MS
}

/** Renamed before it is emptied: a writer that is alive after all must never publish a folder with half of its files. */
function takeAway(path: string): void {
  if (!isFolder(path)) return
  const trash = path.replace(/\.new$/, '.trash')
  try {
    if (renameFolder(path, trash) === 'moved') removeQuietly(trash)
  } catch {
    // Whoever may rename here clears it another time.
  }
}
