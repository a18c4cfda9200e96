import type { LoadedShard } from '../shards/cache.ts'
import { chainFault } from '../shards/chain.ts'
import type { ShardManager } from '../shards/manager.ts'
import type { AnyOperation } from './operation.ts'

/** Thrown by planning that needs shards which were not given to it; it starts over once they are there. */
export class NeedShards {
  readonly ids: readonly string[]

  constructor(ids: readonly string[]) {
    this.ids = ids
  }
}

/** Thrown by planning that needs a shard which could not be read. */
export class Unreadable {
  readonly error: unknown

  constructor(error: unknown) {
    this.error = error
  }
}

/**
 * The shards that one plan is made from: its bases. They are the plan's own; what the cache learns meanwhile does not reach
 * them.
 */
export class View {
  readonly manager: ShardManager
  readonly #bases: Map<string, LoadedShard> = new Map()
  readonly #errors: Map<string, unknown> = new Map()

  constructor(manager: ShardManager) {
    this.manager = manager
  }

  base(id: string): LoadedShard | undefined {
    return this.#bases.get(id)
  }

  /** Takes a shard as base, also in place of an older one. */
  take(shard: LoadedShard): void {
    this.#bases.set(shard.id, shard)
  }

  /** Takes note that a shard could not be read; an older base of it is not to be relied on any more. */
  takeError(id: string, error: unknown): void {
    this.#bases.delete(id)
    this.#errors.set(id, error)
  }

  /** Whether nothing needs to be fetched to look at this shard. */
  knows(id: string): boolean {
    return this.#bases.has(id) || this.#errors.has(id)
  }

  /** The base of shard `id`, come to by the map on the way to `key`, or from its left neighbour. */
  #get(id: string, key: string, before: LoadedShard | undefined): LoadedShard {
    const shard = this.#bases.get(id)
    if (shard !== undefined) {
      const fault = chainFault(shard, key, before)
      if (fault !== null) throw new Unreadable(fault)
      return shard
    }
    if (this.#errors.has(id)) throw new Unreadable(this.#errors.get(id))
    throw new NeedShards([id])
  }

  /** The base that owns `key`. */
  at(key: string): LoadedShard {
    let before: LoadedShard | undefined
    for (let id = this.manager.map.find(key); ; ) {
      const shard = this.#get(id, key, before)
      const { hi, next } = shard.state
      if (hi === null || next === null || key < hi) return shard
      this.manager.follow(shard)
      before = shard
      id = next
    }
  }

  /** The bases that own the keys from `first` to `last`, both included; `null` is the end. */
  range(first: string, last: string | null): LoadedShard[] {
    const missing = this.manager.map.between(first, last).filter((id) => !this.knows(id))
    if (missing.length > 0) throw new NeedShards(missing)
    const covering: LoadedShard[] = []
    let before: LoadedShard | undefined
    for (let id = this.manager.map.find(first); ; ) {
      const shard = this.#get(id, first, before)
      const { hi, next } = shard.state
      if (hi === null || hi > first) covering.push(shard)
      if (hi === null || next === null || (last !== null && hi > last)) return covering
      this.manager.follow(shard)
      before = shard
      id = next
    }
  }

  /** Looks at several things and asks for all that they lack at once. */
  each<T, R>(things: readonly T[], look: (thing: T) => R): R[] {
    const missing: string[] = []
    const seen: R[] = []
    for (const thing of things) {
      try {
        seen.push(look(thing))
      } catch (error) {
        if (!(error instanceof NeedShards)) throw error
        missing.push(...error.ids)
      }
    }
    if (missing.length > 0) throw new NeedShards(missing)
    return seen
  }

  /** The bases that own a directory's items. */
  directory(directory: string): LoadedShard[] {
    const { first, last } = this.manager.router.rangeOf(directory)
    return this.range(first, last)
  }
}

/** Collects what planning lacks, by the operation that lacks it. */
export class Lacks {
  readonly needs: Map<AnyOperation, Set<string>> = new Map()
  readonly errors: Map<AnyOperation, unknown> = new Map()

  /** Runs a step of planning for `operations`; `undefined` if it lacked something. */
  try<T>(operations: Iterable<AnyOperation>, step: () => T): T | undefined {
    try {
      return step()
    } catch (error) {
      if (error instanceof NeedShards) {
        for (const operation of operations) {
          const ids = this.needs.get(operation) ?? new Set()
          this.needs.set(operation, ids)
          for (const id of error.ids) ids.add(id)
        }
      } else if (error instanceof Unreadable) {
        for (const operation of operations) this.errors.set(operation, error.error)
      } else throw error
      return undefined
    }
  }

  get any(): boolean {
    return this.errors.size > 0 || this.needs.size > 0
  }
}
