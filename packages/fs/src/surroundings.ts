import { join } from 'node:path'
import { refuseCopiedFolders } from './conflict-copies.ts'
import { changedAtMs, isFolder, readNames, removeQuietly, renameFolder } from './disk.ts'
import { parseUnfinishedFolder } from './layout.ts'

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
 * Clears what crashed creations left in a folder of key folders: at once where the key exists, for then the creation can
 * never succeed, else after {@link ABANDONED_AFTER_MS}.
 */
export function clearAbandoned(folder: string, nowMs: number): void {
  const names = readNames(folder) ?? []
  const present = new Set(names)
  for (const name of names) {
    const unfinished = parseUnfinishedFolder(name)
    if (unfinished === null) continue
    const path = join(folder, name)
    if (unfinished.trash) removeQuietly(path)
    else if (present.has(unfinished.of) || isAbandoned(path, nowMs)) takeAway(path)
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
