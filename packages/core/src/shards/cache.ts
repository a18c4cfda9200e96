import type { ShardState } from '../format/model.ts'
import { shardFile } from '../format/shard-file.ts'
import type { Version } from '../store/contract.ts'
import type { WitnessBook } from '../vault/witness.ts'
import type { ShardMap } from './shard-map.ts'

/** An immutable snapshot of a shard as it stands in the store under one version. */
export interface LoadedShard {
  readonly id: string
  readonly state: ShardState
  readonly version: Version
  readonly hash: Uint8Array
}

/**
 * How recent an answer must be: confirmed by a request sent after number `sinceTick`, or sent at `notBeforeMs` or later on the
 * monotonic clock.
 */
export interface Freshness {
  readonly sinceTick: number
  readonly notBeforeMs: number
}

/** When a request was sent whose answer confirmed a state. */
interface Confirmation {
  readonly sentTick: number
  readonly sentAtMs: number
}

interface CacheEntry {
  readonly shard: LoadedShard
  readonly confirmed: Confirmation
}

/** Whether both are one state of a shard. A version alone says so only where the store does not repeat versions, as some do. */
function isSame(a: LoadedShard, b: LoadedShard): boolean {
  return a.version === b.version && a.state.seq === b.state.seq
}

/** The newest known state of each shard, and when a request was sent that confirmed it. */
export class ShardCache {
  readonly #witness: WitnessBook
  readonly #map: ShardMap
  readonly #entries = new Map<string, CacheEntry>()

  constructor(witness: WitnessBook, map: ShardMap) {
    this.#witness = witness
    this.#map = map
  }

  /** What is known of a shard, however old; `undefined` if nothing is. */
  newest(id: string): LoadedShard | undefined {
    return this.#entries.get(id)?.shard
  }

  /**
   * The known state of a shard if it is recent enough. Never one from before a split that is known: a reader that may use old
   * states, as a task does, would see what was written to the new shard since, and then again not.
   */
  fresh(id: string, freshness: Freshness): LoadedShard | undefined {
    const entry = this.#entries.get(id)
    if (entry === undefined) return undefined
    const { sentTick, sentAtMs } = entry.confirmed
    const isRecent = sentTick > freshness.sinceTick || sentAtMs >= freshness.notBeforeMs
    return isRecent && !this.#map.knowsSplitOf(entry.shard.state, sentTick) ? entry.shard : undefined
  }

  /** All known states that are recent enough. */
  *allFresh(freshness: Freshness): Generator<LoadedShard> {
    for (const id of this.#entries.keys()) {
      const shard = this.fresh(id, freshness)
      if (shard !== undefined) yield shard
    }
  }

  /** Takes in a confirmed state, unless a newer one is there; returns the newer of the two. */
  take(shard: LoadedShard, { sentTick, sentAtMs }: Confirmation): LoadedShard {
    this.#witness.remember(shardFile(shard.id), shard.state.seq, shard.hash)
    const entry = this.#entries.get(shard.id)
    if (entry !== undefined && entry.shard.state.seq > shard.state.seq) return entry.shard
    const same = entry !== undefined && isSame(entry.shard, shard) ? entry : undefined
    const kept = same?.shard ?? shard
    const confirmed = {
      sentTick: Math.max(same?.confirmed.sentTick ?? 0, sentTick),
      sentAtMs: Math.max(same?.confirmed.sentAtMs ?? 0, sentAtMs),
    }
    this.#entries.set(shard.id, { shard: kept, confirmed })
    return kept
  }

  /** Takes in an own write; returns the state that it left, however much newer a state is there by now. */
  keep(written: LoadedShard, sent: Confirmation): LoadedShard {
    const newest = this.take(written, sent)
    return isSame(newest, written) ? newest : written
  }

  /** Forgets a shard's state, if it still is this one. */
  drop(shard: LoadedShard): void {
    if (this.#entries.get(shard.id)?.shard === shard) this.#entries.delete(shard.id)
  }
}
