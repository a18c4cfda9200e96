import type { MapEntry, ShardState } from '../format/model.ts'

/**
 * Which shard begins where, as far as this client knows. Only ever a hint: a shard's own header says where it ends and who
 * comes next. Because no shard's beginning ever moves and no range is ever merged, knowledge only adds up.
 */
export class ShardMap {
  #los: string[] = []
  readonly #shards = new Map<string, string>()
  /** By beginning: the last request that had been sent when it became known. */
  readonly #learnedAt = new Map<string, number>()
  readonly #lastTick: () => number

  /** `lastTick`: answers the number of the last request sent. */
  constructor(lastTick: () => number) {
    this.#lastTick = lastTick
  }

  /** Adds what the root file's map says, or what a shard's `next` did. */
  learn(entries: readonly MapEntry[]): void {
    const before = this.#shards.size
    for (const { lo, shard } of entries) {
      this.#shards.set(lo, shard)
      if (!this.#learnedAt.has(lo)) this.#learnedAt.set(lo, this.#lastTick())
    }
    if (this.#shards.size !== before) this.#los = [...this.#shards.keys()].sort()
  }

  /**
   * Whether a shard's range is from before a split that was known when request `sentTick`, which showed that range, had been
   * sent: what lies beyond the cut may have changed in another shard since.
   */
  knowsSplitOf({ lo, hi }: Pick<ShardState, 'lo' | 'hi'>, sentTick: number): boolean {
    const right = this.#los[this.#indexOf(lo) + 1]
    if (right === undefined || (hi !== null && hi <= right)) return false
    return sentTick <= (this.#learnedAt.get(right) as number)
  }

  get size(): number {
    return this.#los.length
  }

  /** The shard with the greatest known beginning at or before `key`. */
  find(key: string): string {
    return this.#shardAt(this.#indexOf(key))
  }

  /** The shards known to begin at or before `last` that may hold keys from `first` on. */
  between(first: string, last: string | null): string[] {
    const found: string[] = []
    for (let at = this.#indexOf(first); at < this.#los.length; at++) {
      const lo = this.#los[at] as string
      if (last !== null && lo > last) break
      found.push(this.#shardAt(at))
    }
    return found
  }

  /** Known shards that are not in `stored`. */
  missingFrom(stored: readonly MapEntry[]): MapEntry[] {
    if (stored.length >= this.#los.length) return []
    const there = new Set(stored.map((entry) => entry.lo))
    return this.#los.filter((lo) => !there.has(lo)).map((lo) => ({ lo, shard: this.#shards.get(lo) as string }))
  }

  #shardAt(index: number): string {
    return this.#shards.get(this.#los[index] as string) as string
  }

  /** Index of the greatest beginning that is not above `key`; the first shard begins at the lowest possible key. */
  #indexOf(key: string): number {
    let low = 0
    let high = this.#los.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#los[middle] as string) <= key) low = middle
      else high = middle - 1
    }
    return low
  }
}
