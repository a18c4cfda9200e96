import type { NetworkCost } from './cost.ts'
import { costOf } from './cost.ts'
import type { Client, Laboratory } from './laboratory.ts'
import type { Materials } from './materials.ts'
import type { Bound, RowResult } from './network-row.ts'

/** Two clients that change different documents of one shard, each `updates` times, as fast as they can. */
export async function twoWriters(lab: Laboratory, site: Materials['site'], updates: number): Promise<RowResult> {
  const clients = [await lab.client(), await lab.client()] as const
  const paths = [site.paths[0], site.paths[1]] as const
  for (const [index, { db }] of clients.entries()) await db.get(paths[index] ?? site.paths[0])
  await lab.clock.settled()
  const before = clients.map(({ store }) => store.requests.length)
  const startMs = lab.clock.nowMs()
  const run = async ({ db }: Client, path: string): Promise<number> => {
    for (let update = 0; update < updates; update++) await db.update(path, touchNumbered(update))
    return lab.clock.nowMs() - startMs
  }
  const elapsed = await Promise.all([run(clients[0], paths[0]), run(clients[1], paths[1])])
  await lab.clock.settled()
  const costs = clients.map(({ store }, index) => costOf(store.requests.slice(before[index]), elapsed[index] ?? 0))
  return { figure: figureOfWriters(costs), bounds: costs.flatMap((cost) => boundsOfWriter(cost, updates)), costs }
}

const touchNumbered =
  (number: number) =>
  (document: unknown): unknown => ({ ...(document as object), modified: String(number) })

function figureOfWriters(costs: readonly NetworkCost[]): string {
  const requests = costs.reduce((sum, cost) => sum + cost.requests, 0)
  return `${requests} / ${Math.max(...costs.map((cost) => cost.rounds))}`
}

/**
 * One retry per real conflict: a write of one client fails only because a write of the other succeeded since, so there are at most as
 * many conflicts as the other made updates, and each costs one read and one more write.
 */
function boundsOfWriter(cost: NetworkCost, updates: number): Bound[] {
  return [
    { what: 'conflicts', measured: cost.conflicts, limit: updates },
    { what: 'writes', measured: cost.writes, limit: updates + cost.conflicts },
    { what: 'reads', measured: cost.reads, limit: cost.conflicts },
  ]
}
