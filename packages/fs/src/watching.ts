import fs, { type FSWatcher } from 'node:fs'
import { join, relative, sep } from 'node:path'
import type { Unsubscribe } from '@vaultdb/core'
import { isFolder, readNames } from './disk.ts'
import { parseHead, parseKeyFolder, parseSegment } from './layout.ts'

/** A system allows a process only so many watches; a hint may be missing. */
const MAX_WATCHED_FOLDERS = 1000

/** Watches a store's folder and those below it, one by one: recursive watching is not to be had everywhere. */
class FolderWatch {
  readonly #root: string
  readonly #onChange: (key: string) => void
  readonly #watchers: Map<string, FSWatcher> = new Map()

  constructor(root: string, onChange: (key: string) => void) {
    this.#root = root
    this.#onChange = onChange
    this.#watch(root, false)
  }

  stop(): void {
    for (const watcher of this.#watchers.values()) watcher.close()
    this.#watchers.clear()
  }

  /** `fresh`: the folder has just appeared, so what is in it by now is a change too. */
  #watch(folder: string, fresh: boolean): void {
    if (this.#watchers.has(folder) || this.#watchers.size >= MAX_WATCHED_FOLDERS) return
    try {
      const watcher = fs.watch(folder, { persistent: false }, (_, name) => {
        if (name !== null) this.#happened(folder, name)
      })
      watcher.on('error', () => this.#drop(folder))
      this.#watchers.set(folder, watcher)
      for (const name of readNames(folder) ?? []) {
        if (fresh) this.#happened(folder, name)
        else this.#enter(folder, name, false)
      }
    } catch {
      this.#drop(folder) // it is gone again, or the system's watches are used up
    }
  }

  #happened(folder: string, name: string): void {
    if (parseHead(name) === null) {
      this.#enter(folder, name, true)
      return
    }
    const key = this.#keyOf(folder)
    if (key !== null && this.#watchers.has(folder)) this.#onChange(key)
  }

  #enter(folder: string, name: string, fresh: boolean): void {
    if (parseKeyFolder(name) === null && parseSegment(name) === null) return
    const path = join(folder, name)
    if (isFolder(path)) this.#watch(path, fresh)
    else this.#drop(path)
  }

  #keyOf(folder: string): string | null {
    const names = relative(this.#root, folder).split(sep)
    const last = parseKeyFolder(names.pop() ?? '')
    return last === null ? null : [...names.map((name) => parseSegment(name)), last].join('/')
  }

  #drop(folder: string): void {
    this.#watchers.get(folder)?.close()
    this.#watchers.delete(folder)
  }
}

/** Calls back with the key of a file that may have changed. Nothing is reported of a folder that does not exist yet. */
export function watchFolders(root: string, onChange: (key: string) => void): Unsubscribe {
  const watch = new FolderWatch(root, onChange)
  return () => watch.stop()
}
