import type { Engine } from '../database/engine.ts'
import type { BlobStore } from '../store/contract.ts'
import { withReadRetry } from '../store/decorators/read-retry.ts'
import { withContract } from '../store/decorators/with-contract.ts'

/** The store behind a database with all of its requests, as patient and as strict as the engine's own are. */
export function storeOf({ store, settings }: Engine): BlobStore {
  const { requestAttempts: attempts, maxDelayMs } = settings.retry
  return withReadRetry(withContract(store), { attempts, maxDelayMs, runtime: settings.runtime })
}
