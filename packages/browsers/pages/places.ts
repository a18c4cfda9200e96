import type { BlobStore } from '@vaultdb/core'
import type { MakeStore } from '@vaultdb/core/testing'

/** A place of its own for one trial, in which it opens stores that keep things under `name`. */
export interface Place<Options> {
  readonly name: string
  open(options?: Partial<Options>): BlobStore
}

/** Empty places of one kind of store. */
export interface Places<Options> {
  /** Hands an empty place to `body`; closes its stores and clears it afterwards. */
  inPlace(body: (place: Place<Options>) => Promise<void>): Promise<void>
  /** The same for conformance. */
  readonly makeStore: MakeStore
}

/** Places of the stores that `create` makes; `clear` removes all that they have kept under a name. */
export function placesOf<Options>(
  create: (name: string, options: Partial<Options>) => BlobStore,
  clear: (name: string) => void | Promise<void>,
): Places<Options> {
  const take = (): { readonly place: Place<Options>; dispose(): Promise<void> } => {
    const name = `trial-${crypto.randomUUID()}`
    const stores: BlobStore[] = []
    const open = (options: Partial<Options> = {}): BlobStore => {
      const store = create(name, options)
      stores.push(store)
      return store
    }
    const dispose = async (): Promise<void> => {
      await Promise.all(stores.map((store) => store.close?.()))
      await clear(name)
    }
    return { place: { name, open }, dispose }
  }
  return {
    async inPlace(body) {
      const { place, dispose } = take()
      try {
        await body(place)
      } finally {
        await dispose()
      }
    },
    async makeStore() {
      const { place, dispose } = take()
      return { open: async () => place.open(), dispose }
    },
  }
}
