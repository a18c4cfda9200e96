import type { BlobStore, StoreCapabilities } from '../../store/contract.ts'

/** An empty place of its own in the store under test. */
export interface StoreLocation {
  /** A client of this place. Called again only where the first client is `crossProcess`: it then opens an independent one. */
  open(): Promise<BlobStore>
  /** Removes the place. Called once, after all clients were closed. */
  dispose?(): Promise<void>
}

/** Makes a fresh, empty place. Several may exist at once. */
export type MakeStore = () => Promise<StoreLocation>

/** One promise of the blob store contract, and how to see whether a store keeps it. */
export interface ConformanceCase {
  readonly name: string
  /** Capabilities without which the case says nothing; see {@link missingCapabilities}. */
  readonly requires?: readonly (keyof StoreCapabilities)[]
  /** Resolves if the store keeps the promise, rejects with an error that says what it did instead. */
  run(makeStore: MakeStore): Promise<void>
}

/** Those of the capabilities that `conformanceCase` requires which a store does not have: run it if there are none. */
export function missingCapabilities(
  conformanceCase: ConformanceCase,
  capabilities: StoreCapabilities,
): (keyof StoreCapabilities)[] {
  const { requires = [] } = conformanceCase
  return requires.filter((name) => capabilities[name] === false || capabilities[name] === null)
}

/** What the body of a case works with. */
export interface Scene {
  /** The first client. */
  readonly store: BlobStore
  /** `count` clients of the same place: independent ones, or the first one repeated where the store lives in one process. */
  clients(count: number): Promise<BlobStore[]>
}

/** A case that closes and disposes of all it opened, whether its body succeeds or not. */
export function conformanceCase(
  name: string,
  requires: readonly (keyof StoreCapabilities)[],
  body: (scene: Scene) => Promise<void>,
): ConformanceCase {
  return {
    name,
    ...(requires.length === 0 ? {} : { requires }),
    async run(makeStore) {
      const location = await makeStore()
      const opened: BlobStore[] = []
      const open = async (): Promise<BlobStore> => {
        const store = await location.open()
        opened.push(store)
        return store
      }
      try {
        const store = await open()
        await body({
          store,
          async clients(count) {
            const all = [store]
            while (all.length < count) all.push(store.capabilities.crossProcess ? await open() : store)
            return all
          },
        })
      } finally {
        await Promise.allSettled(opened.map((store) => store.close?.()))
        await location.dispose?.()
      }
    },
  }
}
