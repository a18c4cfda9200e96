import type { BlobStore, Runtime } from '@vaultdb/core'
import type { Exchange } from './proxy.ts'

/** What a request to the server does for its client; `'other'` is what comes before: trying out the place, getting a token. */
export type Purpose = 'read' | 'write' | 'delete' | 'list' | 'other'

/** A place for a vault on a real server, as one kind of store reaches it. */
export interface RemotePlace {
  /** Address of the server. */
  readonly server: string
  /** A store of a new client. `url` is the server's address, or that of the proxy before it. */
  open(url: string, runtime: Runtime): BlobStore
  /** What must not be found in any error. */
  readonly secrets: readonly string[]
  purposeOf(exchange: Exchange): Purpose
  /** Reads that come before one deletion: where deletions have no condition, the adapter looks first. */
  readonly readsADelete: number
  /** `'other'` requests that one client may send, each of them at most once more for each fault that it meets. */
  readonly otherRequestsAClient: number
}
