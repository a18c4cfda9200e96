import { isBlobKey, type Unsubscribe } from '@vaultdb/core'

/** Tells this store's watchers, and those of other tabs and workers of the origin, which files were changed. */
export class Changes {
  readonly #name: string
  readonly #listeners: Set<(key: string) => void> = new Set()
  #channel: BroadcastChannel | undefined

  constructor(name: string) {
    this.#name = name
  }

  watch(onChange: (key: string) => void): Unsubscribe {
    this.#open()
    const listener = (key: string): void => onChange(key) // the same function may watch twice
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  announce(key: string): void {
    this.#open()
    this.#channel?.postMessage(key)
    queueMicrotask(() => this.#notify(key)) // a channel does not hear itself
  }

  close(): void {
    this.#listeners.clear()
    this.#channel?.close()
    this.#channel = undefined
  }

  /** Only once there is something to say or to hear: an open channel costs a page its place in the back/forward cache. */
  #open(): void {
    if (this.#channel !== undefined || typeof BroadcastChannel === 'undefined') return
    this.#channel = new BroadcastChannel(`vaultdb:${this.#name}`)
    this.#channel.onmessage = ({ data }) => {
      if (isBlobKey(data)) this.#notify(data) // anything of the origin may post here
    }
  }

  #notify(key: string): void {
    for (const listener of this.#listeners) listener(key)
  }
}
