import { type BlobStore, type ResilienceOptions, withResilience } from '@vaultdb/core'
import { usageError } from '../exit-codes.ts'
import type { Terminal } from '../terminal.ts'

/** A store over a network, for one command. What it cannot be made of stands in the location or the environment. */
export function createNetworkStore(
  create: () => BlobStore,
  options: Pick<ResilienceOptions, 'maxRequests'>,
  terminal: Terminal,
): BlobStore {
  let store: BlobStore
  try {
    store = create()
  } catch (error) {
    // The stores' own TypeErrors name the option and repeat nothing of its value.
    throw error instanceof TypeError ? usageError(`--store cannot be opened. ${error.message}`) : error
  }
  return withResilience(store, { ...options, runtime: terminal.runtime })
}
