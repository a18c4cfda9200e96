import type { BlobStore, VaultDB } from '@vaultdb/core'
import { type FaultRequest, withFaults } from '@vaultdb/core/testing'
import { openVault } from '../support/vault.ts'

/**
 * Lets a client work until `isLast` is true of a request of its, which still arrives; nothing that it sends after that does, as
 * if its machine had lost power.
 */
export async function crashAfter(
  store: BlobStore,
  isLast: (request: FaultRequest) => boolean,
  work: (db: VaultDB) => Promise<unknown>,
): Promise<void> {
  let isDead = false
  const faulty = withFaults(store, (request) => {
    if (isDead) return 'drop'
    isDead = isLast(request)
    return 'pass'
  })
  const db = await openVault(faulty, { retry: { requestAttempts: 1, conflictAttempts: 1 } })
  await work(db).catch(() => undefined) // nobody is there any more to hear of it
  await db.close()
  if (!isDead) throw new Error('The client was through before it could crash.')
}

/** The creation of a shard that a split is to make reachable. */
export const createsSibling = (request: FaultRequest): boolean =>
  request.kind === 'write' && request.key.startsWith('shards/') && request.expected === null

/** A change of a shard. */
export const changesShard = (request: FaultRequest): boolean =>
  request.kind === 'write' && request.key.startsWith('shards/') && request.expected !== null
