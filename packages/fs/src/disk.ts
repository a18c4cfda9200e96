import fs from 'node:fs'
import { dirname, join } from 'node:path'
import { VaultError } from '@vaultdb/core'
import { errno } from './failures.ts'

/*
 * The steps on the disk that the store is made of. All but fsync are synchronous: they take microseconds, and the way through
 * libuv's threads costs more than the calls themselves (decided by measurement: 0.43 against 0.67 ms a durable write).
 */

const FILE_MODE = 0o600
const FOLDER_MODE = 0o700
const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0, O_DIRECTORY = 0 } = fs.constants

/** A file system that cannot sync a folder (some network shares) says so by these; there is nothing more to be done there. */
const NO_FOLDER_SYNC: ReadonlySet<string | undefined> = new Set(['EINVAL', 'ENOTSUP', 'ENOSYS'])

function fsync(fd: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fs.fsync(fd, (error) => (error ? reject(error) : resolve()))
  })
}

/**
 * Lets one turn of the event loop pass, by the cheapest request that goes through libuv. Without it a loop of requests that
 * wait for nothing would keep all timers and all fsyncs of this process from being answered.
 */
export function letOthersRun(): Promise<void> {
  return new Promise((resolve) => {
    fs.access('/', () => resolve())
  })
}

/** The names in a folder; `null` if there is no such folder. */
export function readNames(folder: string): string[] | null {
  try {
    return fs.readdirSync(folder)
  } catch (error) {
    if (errno(error) === 'ENOENT') return null
    throw error
  }
}

/** Whether a name in a folder is a folder, or a link to one. */
export function isFolder(path: string): boolean {
  return fs.statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

/** When a folder was last changed, in milliseconds since 1970; `null` if there is none. */
export function changedAtMs(folder: string): number | null {
  return fs.lstatSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? null
}

/** Whatever was planted in a content's place, a link is not followed, a pipe is not waited for, a device is not read. */
function openContent(path: string): number | null {
  try {
    return fs.openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  } catch (error) {
    if (errno(error) === 'ENOENT') return null
    throw error
  }
}

function regularFileBytes(stats: fs.Stats, path: string): number {
  if (stats.isFile()) return stats.size
  throw new VaultError('ERR_UNSUPPORTED', `${path} is not a regular file: it was not made by this store. Remove it.`)
}

/** The whole content of a file; `null` if there is none. */
export function readContent(path: string): Uint8Array | null {
  const fd = openContent(path)
  if (fd === null) return null
  try {
    const data = new Uint8Array(regularFileBytes(fs.fstatSync(fd), path))
    for (let offset = 0; offset < data.length; ) {
      const bytes = fs.readSync(fd, data, offset, data.length - offset, offset)
      if (bytes === 0) throw new VaultError('ERR_UNAVAILABLE', `${path} was cut short while it was read. Try again.`)
      offset += bytes
    }
    return data
  } finally {
    fs.closeSync(fd)
  }
}

/** The length of a content in bytes; `null` if there is no such file. */
export function contentBytes(path: string): number | null {
  const stats = fs.lstatSync(path, { throwIfNoEntry: false })
  return stats === undefined ? null : regularFileBytes(stats, path)
}

/** Makes a file, which must not exist, and waits until its bytes are on the disk if `durable`. */
export async function writeContent(path: string, data: Uint8Array, durable: boolean): Promise<void> {
  const fd = fs.openSync(path, 'wx', FILE_MODE)
  try {
    // Before the first `await`, so that what the caller does to `data` afterwards changes nothing.
    for (let offset = 0; offset < data.length; ) offset += fs.writeSync(fd, data, offset, data.length - offset)
    if (durable) await fsync(fd)
  } finally {
    fs.closeSync(fd)
  }
}

/** Makes an empty file, which must not exist. */
export function makeEmptyFile(path: string): void {
  fs.closeSync(fs.openSync(path, 'wx', FILE_MODE))
}

/** Makes one folder, which must not exist. */
export function makeFolder(folder: string): void {
  fs.mkdirSync(folder, { mode: FOLDER_MODE })
}

/**
 * Makes what is missing of a folder and those above it; the first one made. One by one: Node's recursive mkdir never comes back
 * where a folder is in which none can be made, such as /proc.
 */
function makeMissing(folder: string): string | undefined {
  const missing: string[] = []
  for (
    let at = folder;
    fs.statSync(at, { throwIfNoEntry: false }) === undefined && dirname(at) !== at;
    at = dirname(at)
  ) {
    missing.push(at)
  }
  if (missing.length === 0 && !isFolder(folder)) missing.push(folder) // a file: let the system say so
  missing.reverse()
  for (const each of missing) {
    try {
      fs.mkdirSync(each, { mode: FOLDER_MODE })
    } catch (error) {
      if (errno(error) === 'EEXIST' && isFolder(each)) continue // somebody else was quicker
      if (errno(error) !== 'ENOENT' || !isFolder(dirname(each))) throw error
      throw new VaultError('ERR_UNSUPPORTED', `No folder can be made in ${dirname(each)}: choose another place.`)
    }
  }
  return missing[0]
}

/** Makes a folder and those above it where they are missing. */
export async function makeFolders(folder: string, top: string, durable: boolean): Promise<void> {
  const firstMade = makeMissing(folder)
  if (!durable) return
  // Also those that were there: whoever made them may have been killed before they were on the disk.
  const highest = dirname(firstMade !== undefined && firstMade.length < top.length ? firstMade : top)
  for (let current = folder; ; current = dirname(current)) {
    await syncFolder(current, current === highest)
    if (current === highest) return
  }
}

/** Waits until a folder's names are on the disk. `lenient`: a folder that may not be opened is passed over. */
export async function syncFolder(folder: string, lenient = false): Promise<void> {
  if (process.platform === 'win32') return // cannot open folders; NTFS keeps a journal of its names
  let fd: number
  try {
    fd = fs.openSync(folder, O_RDONLY | O_DIRECTORY)
  } catch (error) {
    if (lenient && errno(error) === 'EACCES') return // a folder above ours, which we may pass through and not read
    throw error
  }
  try {
    await fsync(fd)
  } catch (error) {
    if (!NO_FOLDER_SYNC.has(errno(error))) throw error
  } finally {
    fs.closeSync(fd)
  }
}

/** Renames; `false` if the source is not there. */
export function rename(from: string, to: string): boolean {
  try {
    fs.renameSync(from, to)
    return true
  } catch (error) {
    if (errno(error) === 'ENOENT') return false
    throw error
  }
}

/** Moves a folder to a name where no folder with anything in it may stand; `'taken'` if one does. */
export function renameFolder(from: string, to: string): 'moved' | 'taken' | 'missing' {
  try {
    return rename(from, to) ? 'moved' : 'missing'
  } catch (error) {
    const code = errno(error)
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return 'taken'
    // Windows says EPERM for a folder in the way, as for a lack of rights.
    if (process.platform === 'win32' && code === 'EPERM' && isFolder(to)) return 'taken'
    throw error
  }
}

/** Removes a file or a whole folder as far as possible: what stays is cleared by a later write. */
export function removeQuietly(path: string): void {
  try {
    fs.rmSync(path, { recursive: true, force: true })
  } catch {
    // Nothing depends on it.
  }
}

/** Removes a file as far as possible. */
export function unlinkQuietly(folder: string, name: string): void {
  try {
    fs.unlinkSync(join(folder, name))
  } catch {
    // Nothing depends on it: another writer may have cleared it, and a later write clears what stays.
  }
}
