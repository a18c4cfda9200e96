import { FIRST_KEY } from '../crypto/router.ts'
import type { Engine } from '../database/engine.ts'
import { errorCode } from '../errors.ts'
import type { LoadedShard } from '../shards/cache.ts'

/** What a fresh look at the whole vault found. */
export interface Survey {
  /** Every shard that can be reached and read, by id. */
  readonly shards: ReadonlyMap<string, LoadedShard>
  /** Shards that are named by the map or by a neighbour and cannot be read, with the error. */
  readonly unreadable: ReadonlyMap<string, unknown>
}

/** Reads the root file and every shard that it or a shard names, after this call. Only damage is collected; outages throw. */
export async function survey(
  { manager }: Engine,
  options: { readonly signal?: AbortSignal | undefined; readonly onLoaded?: (done: number, total: number) => void },
): Promise<Survey> {
  const freshness = { sinceTick: manager.requests.tick, notBeforeMs: Number.POSITIVE_INFINITY }
  const shards = new Map<string, LoadedShard>()
  const unreadable = new Map<string, unknown>()
  const load = async (id: string): Promise<void> => {
    try {
      shards.set(id, await manager.load(id, freshness, options.signal))
    } catch (error) {
      if (errorCode(error) !== 'ERR_CORRUPT' && errorCode(error) !== 'ERR_UNSUPPORTED') throw error
      unreadable.set(id, error)
    }
    options.onLoaded?.(shards.size, Math.max(manager.map.size, shards.size))
  }
  await manager.refreshRoot(options.signal)
  for (let wanted = manager.map.between(FIRST_KEY, null); wanted.length > 0; ) {
    await Promise.all(wanted.map(load))
    const named = [...shards.values()].flatMap(({ state: { next } }) => (next === null ? [] : [next]))
    wanted = [...new Set(named)].filter((id) => !shards.has(id) && !unreadable.has(id))
  }
  for (const shard of shards.values()) manager.follow(shard)
  return { shards, unreadable }
}
