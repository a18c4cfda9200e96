import { syncFolder } from './disk.ts'

/** One folder: at most one sync runs, and at most one waits for it to end. */
class FolderSync {
  readonly #folder: string
  #running: Promise<void> = Promise.resolve()
  #waiting: Promise<void> | null = null

  constructor(folder: string) {
    this.#folder = folder
  }

  sync(): Promise<void> {
    this.#waiting ??= this.#running.then(() => this.#start())
    return this.#waiting
  }

  #start(): Promise<void> {
    this.#waiting = null
    this.#running = syncFolder(this.#folder)
    this.#running.catch(() => {
      this.#running = Promise.resolve()
      this.#waiting = null
    })
    return this.#running
  }
}

/**
 * Syncs of folders that many changes wait for at once (group commit): all that ask while one runs share the next, which
 * begins after every one of them asked. The one that runs will not do: it may have begun before their names were there.
 *
 * If it fails, so does the one that waits, without another attempt: what it was to write may have been lost with the failed
 * one, and a system reports a lost write only once.
 */
export class FolderSyncs {
  readonly #folders: Map<string, FolderSync> = new Map()

  /** Waits until the names that the folder has now are on the disk. */
  sync(folder: string): Promise<void> {
    const known = this.#folders.get(folder)
    if (known !== undefined) return known.sync()
    const added = new FolderSync(folder)
    this.#folders.set(folder, added)
    return added.sync()
  }
}
