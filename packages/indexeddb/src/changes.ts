import type { Unsubscribe } from '@vaultdb/core'
import { isBlobKey } from '@vaultdb/core/adapter'

/** Tells the watchers of a database, in this and in other tabs and workers of the origin, which files were changed. */
export class Changes {
  readonly #name: string
  /** A channel for each watcher: it hears what is posted in all others, this store's own included. */
  readonly #watching: Set<BroadcastChannel> = new Set()
  #posting: BroadcastChannel | undefined

  constructor(name: string) {
    this.#name = `vaultdb:${name}`
  }

  watch(onChange: (key: string) => void): Unsubscribe {
    const channel = new BroadcastChannel(this.#name)
    channel.onmessage = ({ data }) => {
      if (isBlobKey(data)) onChange(data) // anything of the origin may post
    }
    this.#watching.add(channel)
    return () => {
      this.#watching.delete(channel)
      channel.close()
    }
  }

  announce(key: string): void {
    this.#posting ??= new BroadcastChannel(this.#name)
    this.#posting.postMessage(key)
  }

  close(): void {
    for (const channel of this.#watching) channel.close()
    this.#posting?.close()
  }
}
