import type { ShardState } from '../format/model.ts'
import type { Requests } from '../vault/requests.ts'
import type { VaultRoot } from '../vault/root.ts'
import { ShardMap } from './shard-map.ts'

/** Learns where shards begin, and keeps the map in the root file from falling behind. */
export class MapKeeper {
  readonly map: ShardMap
  readonly #root: VaultRoot
  /** Whether a shard was found that the stored map, as last read, does not name. */
  #isOld = false
  #repairing: Promise<void> | null = null

  constructor(root: VaultRoot, requests: Requests) {
    this.#root = root
    this.map = new ShardMap(() => requests.tick)
    this.map.learn(root.config.map)
  }

  /** Takes note of a shard's right neighbour, which an old map may not know. */
  follow({ hi, next }: ShardState): void {
    if (hi === null || next === null) return
    const before = this.map.size
    this.map.learn([{ lo: hi, shard: next }])
    if (this.map.size !== before) this.#isOld = true
  }

  /** Reads the root file again, and learns what its map knows. */
  async refresh(signal?: AbortSignal): Promise<void> {
    await this.#root.refresh(signal)
    this.map.learn(this.#root.config.map)
  }

  /** Adds to the stored map what this client knows and it does not, in the background. Anyone may do this at any time. */
  repair(): void {
    if (this.#repairing !== null || this.map.missingFrom(this.#root.config.map).length === 0) return
    this.#repairing = this.#repair()
      .catch(() => undefined) // an old map only costs a request; the next writer repairs it
      .finally(() => {
        this.#repairing = null
      })
  }

  async #repair(): Promise<void> {
    // Whoever split the shards that were found by following `next` has probably repaired the map already.
    if (this.#isOld) await this.refresh()
    this.#isOld = false
    await this.#root.change((_header, config) => {
      this.map.learn(config.map)
      const missing = this.map.missingFrom(config.map)
      if (missing.length === 0) return null
      const map = [...config.map, ...missing].sort((a, b) => (a.lo < b.lo ? -1 : 1))
      return { config: { ...config, map } }
    })
  }

  /** Waits until no repair is under way. */
  async idle(): Promise<void> {
    while (this.#repairing !== null) await this.#repairing
  }
}
