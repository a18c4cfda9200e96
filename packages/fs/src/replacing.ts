import { dirname, join } from 'node:path'
import { VaultError, type Version } from '@vaultdb/core'
import { conflictError } from '@vaultdb/core/adapter'
import {
  makeEmptyFile,
  makeFolder,
  removeQuietly,
  rename,
  renameFolder,
  syncFolder,
  unlinkQuietly,
  writeContent,
} from './disk.ts'
import { errno, failure, unconfirmed } from './failures.ts'
import type { FolderSyncs } from './folder-syncs.ts'
import { type KeyState, readState } from './key-folder.ts'
import { deletedHeadName, type Head, headName, oldContentName, unfinishedFolder, versionOf } from './layout.ts'

/*
 * The three changes of a key. Each has one step that makes it happen, and that step is a rename whose source only exists
 * while nobody else was quicker: no two can win, and there is nothing in between that a crash could leave.
 *
 * A version's name holds a random token, so a head that was renamed away never comes back. Whatever is numbered up to the
 * current head and is not its content can therefore never become current any more, whoever wrote it and whether or not that
 * process is alive: that, and only that, is cleared.
 */

/** One change under way. */
export interface Change {
  readonly key: string
  /** The key's folder. */
  readonly folder: string
  readonly token: string
  readonly durable: boolean
  /** Syncs of folders that other changes of the store wait for too: those above the keys' own. */
  readonly sharedSyncs: FolderSyncs
  /** How many older versions stay. */
  readonly keep: number
  /** Throws once the caller has given up. Asked for the last time before the change happens. */
  readonly proceed: () => void
}

/** Refusals of the system's that leave no doubt that nothing was renamed. */
const DEFINITE: ReadonlySet<string> = new Set(['ERR_QUOTA', 'ERR_UNAUTHORIZED', 'ERR_UNSUPPORTED'])

/** Runs the steps before the change happens; if one fails, clears what they left and throws. */
async function prepare(steps: () => Promise<void>, clear: () => void, doing: string): Promise<void> {
  try {
    await steps()
  } catch (error) {
    clear()
    throw failure(error, doing)
  }
}

/**
 * The step that makes a change happen. `false`: definitely not. Refused by the system for certain: cleared and thrown. Where
 * the system leaves it open (an I/O error of a network share) nothing is cleared: the content may be current by now.
 */
function happen(step: () => boolean, clear: () => void, doing: string): boolean {
  try {
    return step()
  } catch (error) {
    const refusal = failure(error, doing)
    if (DEFINITE.has(refusal.code)) clear()
    throw refusal
  }
}

/** Renames the head. A share may repeat a rename whose answer was lost and then miss the source: so look who it was. */
function advance(folder: string, from: Head, to: string): boolean {
  return rename(join(folder, from.name), join(folder, to)) || readState(folder).head?.name === to
}

async function confirm(change: Change, from: Head): Promise<void> {
  const { folder, durable, sharedSyncs } = change
  if (!durable) return
  try {
    // Whoever created the key may have been killed before the name of its folder was on the disk.
    const above = from.number === 1 ? sharedSyncs.sync(dirname(folder)) : undefined
    await Promise.all([syncFolder(folder), above])
  } catch (error) {
    throw unconfirmed(error, `write file ${change.key}`)
  }
}

/** Clears what can never be current again. Best effort: what stays is cleared by the next change. */
function clearOlder({ folder, keep }: Change, { contents, head }: KeyState, current: number): void {
  const old = contents.filter((content) => content.old)
  for (const { name, number, old: isOld } of contents) {
    if (isOld || number > current) continue
    if (keep > 0 && name === head?.version && tryRename(folder, name))
      old.push({ name: oldContentName(name), number, old: true })
    else unlinkQuietly(folder, name)
  }
  old.sort((a, b) => b.number - a.number)
  for (const { name } of old.slice(keep)) unlinkQuietly(folder, name)
}

function tryRename(folder: string, version: Version): boolean {
  try {
    return rename(join(folder, version), join(folder, oldContentName(version)))
  } catch {
    return false
  }
}

/** Replaces the version `head`, which may be a deletion, by `data`. */
export async function replace(change: Change, state: KeyState, head: Head, data: Uint8Array): Promise<Version> {
  const { folder, key } = change
  const doing = `write file ${key} in ${folder}`
  const version = versionOf(head.number + 1, change.token)
  const clear = (): void => unlinkQuietly(folder, version)
  await prepare(
    async () => {
      await writeContent(join(folder, version), data, change.durable)
      change.proceed()
    },
    clear,
    doing,
  )
  if (!happen(() => advance(folder, head, headName(version)), clear, doing)) {
    clear()
    throw conflictError(key)
  }
  await confirm(change, head)
  clearOlder(change, state, head.number + 1)
  return version
}

/** Deletes the version `head`. The folder and its head stay, so that a slow writer of an earlier version cannot succeed. */
export async function remove(change: Change, state: KeyState, head: Head): Promise<void> {
  const { folder, key } = change
  const doing = `delete file ${key} in ${folder}`
  const name = deletedHeadName(versionOf(head.number + 1, change.token))
  change.proceed()
  if (
    !happen(
      () => advance(folder, head, name),
      () => undefined,
      doing,
    )
  )
    throw conflictError(key)
  await confirm(change, head)
  clearOlder(change, state, head.number + 1)
}

/** Makes a key that never was: its folder is filled under another name and then moved to where none may stand. */
export async function create(change: Change, data: Uint8Array): Promise<Version> {
  const { folder, key } = change
  const doing = `create file ${key} in ${folder}`
  const version = versionOf(1, change.token)
  const unfinished = unfinishedFolder(folder, change.token, 'new')
  const clear = (): void => removeQuietly(unfinished)
  await prepare(
    async () => {
      makeFolder(unfinished)
      await fill(change, unfinished, version, data)
      change.proceed()
    },
    clear,
    doing,
  )
  const moved = happen(() => publish(change, unfinished, version), clear, doing)
  if (!moved) {
    clear()
    if (readState(folder).head !== null) throw conflictError(key)
    const message = `${folder} holds files that no vault put there. Move them elsewhere.`
    throw new VaultError('ERR_UNSUPPORTED', message)
  }
  if (change.durable) {
    await change.sharedSyncs.sync(dirname(folder)).catch((error: unknown) => {
      throw unconfirmed(error, `create file ${key}`)
    })
  }
  return version
}

async function fill(change: Change, unfinished: string, version: Version, data: Uint8Array): Promise<void> {
  try {
    makeEmptyFile(join(unfinished, headName(version)))
    const written = writeContent(join(unfinished, version), data, change.durable)
    await Promise.all([written, change.durable ? syncFolder(unfinished) : undefined])
  } catch (error) {
    throw errno(error) === 'ENOENT' ? clearedAway(change) : error
  }
}

function publish(change: Change, unfinished: string, version: Version): boolean {
  const outcome = renameFolder(unfinished, change.folder)
  if (outcome !== 'missing') return outcome === 'moved'
  if (readState(change.folder).head?.version === version) return true
  throw clearedAway(change)
}

/** Somebody took the unfinished folder away: because another creator was quicker, or because it seemed to be abandoned. */
function clearedAway({ folder, key }: Change): VaultError {
  if (readState(folder).head !== null) return conflictError(key)
  const message = `The unfinished file ${key} was cleared away while it was being written. Try again.`
  return new VaultError('ERR_UNAVAILABLE', message)
}
