import type { BlobStore, StoreCapabilities } from '../contract.ts'

/** The requests of a store: what a decorator has an opinion on. */
export type StoreRequests = Pick<BlobStore, 'read' | 'write' | 'delete' | 'list'>

/**
 * The store `inner` with some requests replaced; the others, and all that is no request, go through. Name and capabilities
 * are asked for each time, because an adapter may learn them from its first request.
 */
export function decorate(inner: BlobStore, requests: Partial<StoreRequests>): BlobStore {
  return {
    get name(): string {
      return inner.name
    },
    get capabilities(): StoreCapabilities {
      return inner.capabilities
    },
    read: (key, options) => inner.read(key, options),
    write: (key, data, expected, options) => inner.write(key, data, expected, options),
    delete: (key, expected, options) => inner.delete(key, expected, options),
    list: (prefix, options) => inner.list(prefix, options),
    // Bound, not wrapped: `watch` and `close` exist on the outside exactly when they exist inside.
    ...(inner.watch === undefined ? {} : { watch: inner.watch.bind(inner) }),
    ...(inner.close === undefined ? {} : { close: inner.close.bind(inner) }),
    ...requests,
  }
}
