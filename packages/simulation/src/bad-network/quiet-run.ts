import { type CreateOptions, createMemoryStore, type DocumentStore, VaultDB } from '@vaultdb/core'
import { type Operation, perform } from '../processes/operation.ts'
import type { Passage } from '../processes/script.ts'
import { Calls, withCalls } from './counted-store.ts'

type Options = CreateOptions & { readonly key: Uint8Array }

/** What one client did next. */
export interface Step extends Passage {
  readonly client: number
}

/**
 * The calls of a store that the same steps take on a good line and one after the other: each client has its own cache, which
 * the others' steps make old, but nobody comes in between.
 */
export async function callsOfQuietRun(steps: readonly Step[], options: Options): Promise<Calls> {
  const calls = new Calls()
  const store = withCalls(createMemoryStore(), calls)
  const clients = new Map<number, VaultDB>()
  for (const { client, inTask, operations } of steps) {
    const db = clients.get(client) ?? (await VaultDB.openOrCreate(store, options))
    clients.set(client, db)
    const run = (on: DocumentStore, operation: Operation): Promise<unknown> =>
      perform(db, on, operation, String(client))
    if (!inTask) await Promise.all(operations.map((operation) => run(db, operation)))
    else {
      await db.task(async (task) => {
        for (const operation of operations) await run(task, operation)
      })
    }
  }
  await Promise.all([...clients.values()].map((db) => db.close()))
  return calls
}
