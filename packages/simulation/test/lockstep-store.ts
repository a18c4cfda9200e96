import type { BlobStore } from '@vaultdb/core'

/** A store in lockstep, and what was written through it. */
export interface LockstepStore extends BlobStore {
  /** The file of each write so far. */
  readonly written: readonly string[]
}

/**
 * Holds reads and writes back until all that are under way are answered, and then answers all of them at once. Whoever waits for an
 * answer before it sends the next request does so within microtasks (on Node the engine's cryptography is synchronous), before
 * any other can be answered: so rounds depend on what waits for what, and not on how long a server takes for each.
 */
export function inLockstep(store: BlobStore): LockstepStore {
  const written: string[] = []
  let underWay = 0
  let answered: (() => void)[] = []

  async function held<T>(send: () => Promise<T>): Promise<T> {
    underWay++
    try {
      return await send()
    } finally {
      await new Promise<void>((resolve) => {
        answered.push(resolve)
        if (answered.length === underWay) {
          for (const release of answered) release()
          answered = []
          underWay = 0
        }
      })
    }
  }

  return {
    name: store.name,
    capabilities: store.capabilities,
    written,
    read: (key, options) => held(() => store.read(key, options)),
    write(key, data, expected, options) {
      written.push(key)
      return held(() => store.write(key, data, expected, options))
    },
    delete: (key, expected, options) => held(() => store.delete(key, expected, options)),
    list: (prefix, options) => store.list(prefix, options),
    close: async () => store.close?.(),
  }
}
