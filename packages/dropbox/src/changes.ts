import type { Runtime, Unsubscribe } from '@vaultdb/core'
import type { Dropbox } from 'dropbox'
import { failure, refusalOf } from './failures.ts'
import type { KeyPaths } from './keys.ts'

/** How long Dropbox holds an answer back, from 30 to 480 (it adds up to 90 itself); many a proxy cuts what takes longer. */
const LONGPOLL_SECONDS = 90
const FIRST_PAUSE_MS = 1_000
const MAX_PAUSE_MS = 300_000

type Surroundings = Pick<Runtime, 'jitter' | 'now' | 'sleep'>

/** Tells watchers which files were changed, by longpoll: one connection, however many they are, and none without them. */
export class Changes {
  readonly #client: Dropbox
  readonly #folder: string
  readonly #paths: KeyPaths
  readonly #runtime: Surroundings
  readonly #listeners: Set<(key: string) => void> = new Set()
  #polling: AbortController | undefined

  constructor(client: Dropbox, folder: string, paths: KeyPaths, runtime: Surroundings) {
    this.#client = client
    this.#folder = folder
    this.#paths = paths
    this.#runtime = runtime
  }

  watch(onChange: (key: string) => void): Unsubscribe {
    const listener = (key: string): void => onChange(key) // the same function may watch twice
    this.#listeners.add(listener)
    if (this.#polling === undefined) this.#start()
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size === 0) this.#stop()
    }
  }

  close(): void {
    this.#listeners.clear()
    this.#stop()
  }

  #start(): void {
    const polling = new AbortController()
    this.#polling = polling
    const ended = (): void => {
      if (this.#polling === polling) this.#polling = undefined // the next watch begins anew
    }
    this.#poll(polling.signal).then(ended, ended) // a watch is a hint: it ends without an error
  }

  #stop(): void {
    this.#polling?.abort()
    this.#polling = undefined
  }

  /** Goes on until it is stopped, with longer and longer pauses where Dropbox does not answer, or until signing in would be needed. */
  async #poll(signal: AbortSignal): Promise<void> {
    let cursor: string | undefined
    for (let failures = 0; !signal.aborted; ) {
      try {
        cursor ??= await this.#latestCursor(signal)
        cursor = await this.#next(cursor, signal)
        failures = 0
      } catch (error) {
        if (signal.aborted) return
        const refusal = refusalOf(error)
        if (refusal?.tags.includes('reset')) cursor = undefined
        const { code, retryAfterMs = 0 } = failure(error, 'watch', this.#runtime)
        // A folder that is not there yet is made by the first write.
        if (code !== 'ERR_UNAVAILABLE' && !refusal?.tags.includes('not_found')) throw error
        await this.#runtime.sleep(Math.max(retryAfterMs, this.#pauseMs(failures)), signal)
        failures += 1
      }
    }
  }

  #pauseMs(failures: number): number {
    return Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures) * (0.5 + 0.5 * this.#runtime.jitter())
  }

  async #latestCursor(signal: AbortSignal): Promise<string> {
    const { result } = await this.#client.filesListFolderGetLatestCursor(
      { path: this.#folder, recursive: true, include_deleted: true },
      { signal },
    )
    return result.cursor
  }

  /** Waits for the next changes and tells them; gives the cursor after them. */
  async #next(cursor: string, signal: AbortSignal): Promise<string> {
    const { result } = await this.#client.filesListFolderLongpoll({ cursor, timeout: LONGPOLL_SECONDS }, { signal })
    let after = cursor
    for (let more = result.changes; more && !signal.aborted; ) {
      const { result: page } = await this.#client.filesListFolderContinue({ cursor: after }, { signal })
      for (const entry of page.entries) {
        if (entry['.tag'] !== 'folder') this.#notify(this.#paths.keyOf(entry.path_lower), signal)
      }
      after = page.cursor
      more = page.has_more
    }
    if (result.backoff !== undefined) await this.#runtime.sleep(result.backoff * 1000, signal)
    return after
  }

  #notify(key: string | null, signal: AbortSignal): void {
    if (key === null) return
    for (const listener of [...this.#listeners]) if (!signal.aborted && this.#listeners.has(listener)) listener(key)
  }
}
