import { utf8 } from '../bytes.ts'
import { sha256 } from '../crypto/hash.ts'
import { FIRST_KEY, type Router } from '../crypto/router.ts'
import { errorCode, VaultError } from '../errors.ts'
import { corruptFile } from '../format/format-error.ts'
import type { ShardState } from '../format/model.ts'
import { appendToLog, emptyLog } from '../format/sequence-log.ts'
import { decodeShardFile, encodeShardFile, FIRST_SHARD, shardFile, UnknownKeyError } from '../format/shard-file.ts'
import type { Version } from '../store/contract.ts'
import { missingFile, readDoubting } from '../vault/reading.ts'
import type { Answer, Finding, Requests, WriteOutcome } from '../vault/requests.ts'
import { failedWrite, judgeWrite, NO_BASE, newEntry, type VaultRoot } from '../vault/root.ts'
import type { WitnessBook } from '../vault/witness.ts'
import type { SeenFile } from '../vault/witness-record.ts'
import { type Freshness, type LoadedShard, ShardCache } from './cache.ts'
import { chainFault } from './chain.ts'
import { changeShard, type ItemChange, removedPaths } from './change.ts'
import { MapKeeper } from './map-keeper.ts'
import type { ShardMap } from './shard-map.ts'
import { SharedReads } from './shared-reads.ts'
import { type Sibling, Splitter } from './splitter.ts'

/**
 * How a write to a shard ended; on `done` with the shards as it left them, itself and new siblings: the bases of whoever goes
 * on from here. What the cache has learned from others meanwhile does not show in them.
 */
export type ShardWriteOutcome =
  | Exclude<WriteOutcome, { kind: 'done' }>
  /** Not sent: what it carries is no longer wanted as it is. */
  | { readonly kind: 'withdrawn' }
  | { readonly kind: 'done'; readonly shards: readonly LoadedShard[] }

/** After this many shards found by following `next`, one after the other, the stored map is read again: it knows more. */
const HOPS_BEFORE_REFRESH = 2

function assertChained(shard: LoadedShard, key: string, before: LoadedShard | undefined): void {
  const fault = chainFault(shard, key, before)
  if (fault !== null) throw fault
}

/** Owns the shard files: the cache of their newest known states, reading, writing and splitting. */
export class ShardManager {
  readonly map: ShardMap
  readonly router: Router
  readonly requests: Requests
  readonly cache: ShardCache
  readonly #root: VaultRoot
  readonly #witness: WitnessBook
  readonly #reads: SharedReads<LoadedShard>
  readonly #maps: MapKeeper
  readonly #splitter: Splitter

  constructor(root: VaultRoot, router: Router, requests: Requests, witness: WitnessBook) {
    this.#root = root
    this.router = router
    this.requests = requests
    this.#witness = witness
    this.#maps = new MapKeeper(root, requests)
    this.map = this.#maps.map
    this.cache = new ShardCache(witness, this.map)
    this.#splitter = new Splitter(root, router, requests)
    this.#reads = new SharedReads((id, signal) => this.#fetch(id, signal))
  }

  /** A state of the shard that is recent enough. Never answered from a request that was sent before this call. */
  async load(id: string, freshness: Freshness, signal?: AbortSignal): Promise<LoadedShard> {
    return this.cache.fresh(id, freshness) ?? (await this.#reads.join(id, signal))
  }

  /**
   * The shards that own the keys from `first` to `last` (both included; `null` is the end), in order. Those that the map knows
   * are read at once; gaps that it does not know of are filled by following `next`.
   */
  async cover(
    first: string,
    last: string | null,
    freshness: Freshness,
    options: {
      readonly signal?: AbortSignal | undefined
      readonly onLoaded?: ((done: number, total: number) => void) | undefined
    } = {},
  ): Promise<LoadedShard[]> {
    const ids = this.map.between(first, last)
    let done = 0
    const load = async (id: string): Promise<LoadedShard> => {
      const shard = await this.load(id, freshness, options.signal)
      options.onLoaded?.(++done, Math.max(ids.length, done))
      return shard
    }
    const loaded = new Map((await Promise.all(ids.map(load))).map((shard) => [shard.id, shard]))
    const covering: LoadedShard[] = []
    let gaps = 0
    let before: LoadedShard | undefined
    for (let id = ids[0] as string; ; ) {
      const shard = loaded.get(id) ?? (await load(id))
      assertChained(shard, first, before)
      const { hi, next } = shard.state
      if (hi === null || hi > first) covering.push(shard)
      if (hi === null || next === null || (last !== null && hi > last)) return covering
      if (!loaded.has(next) && ++gaps === HOPS_BEFORE_REFRESH) {
        await this.refreshRoot(options.signal)
        const missing = this.map.between(hi, last).filter((each) => !loaded.has(each))
        for (const each of await Promise.all(missing.map(load))) loaded.set(each.id, each)
      }
      this.follow(shard)
      before = shard
      id = next
    }
  }

  /** Takes note of a shard's right neighbour, which an old map may not know. */
  follow({ state }: LoadedShard): void {
    this.#maps.follow(state)
  }

  /** The shard that owns `key`, recent enough: routes by the map, then to the right for as long as the key lies there. */
  async locate(key: string, freshness: Freshness, signal?: AbortSignal): Promise<LoadedShard> {
    let hops = 0
    let before: LoadedShard | undefined
    for (let id = this.map.find(key); ; ) {
      const shard = await this.load(id, freshness, signal)
      assertChained(shard, key, before)
      const { hi, next } = shard.state
      if (hi === null || next === null || key < hi) return shard
      this.follow(shard)
      before = shard
      id = next
      if (++hops === HOPS_BEFORE_REFRESH) {
        await this.refreshRoot(signal)
        before = undefined
        id = this.map.find(key)
      }
    }
  }

  /** Reads a shard for certain, after this call. */
  async #fetch(id: string, signal?: AbortSignal): Promise<LoadedShard> {
    const known = this.cache.newest(id)
    return await readDoubting(
      { requests: this.requests, witness: this.#witness },
      shardFile(id),
      { unlessVersion: known?.version, signal },
      (answer, asOf) => this.#interpret(id, known, answer, asOf),
    )
  }

  /** Takes in what was read of the first shard before the root file could be opened. */
  async acceptFirst(answer: Answer, asOf: SeenFile | undefined): Promise<void> {
    try {
      await this.#interpret(FIRST_SHARD, undefined, answer, asOf)
    } catch {
      // Judged when it is read on purpose, more than once. An absence seen in a request that was sent before the root's
      // answer proves nothing.
    }
  }

  async #interpret(
    id: string,
    known: LoadedShard | undefined,
    answer: Answer,
    asOf: SeenFile | undefined,
  ): Promise<LoadedShard> {
    const { blob } = answer
    if (blob === null) throw missingFile(shardFile(id))
    const shard = blob === 'unchanged' ? known : await this.#decode(id, blob.data, blob.version)
    if (shard === undefined) {
      throw new VaultError('ERR_CORRUPT', `The store answered "unchanged" for "${shardFile(id)}" without being asked.`)
    }
    this.#witness.judge(shardFile(id), { ...shard.state, hash: shard.hash }, asOf)
    return this.cache.take(shard, answer)
  }

  async #decode(id: string, data: Uint8Array, version: Version): Promise<LoadedShard> {
    const { runtime } = this.requests
    const decode = (): Promise<ShardState | UnknownKeyError> =>
      decodeShardFile(this.#root.shardContext, id, data).catch((error: unknown) => {
        if (error instanceof UnknownKeyError) return error
        throw error
      })
    let state = await decode()
    if (state instanceof UnknownKeyError) {
      await this.refreshRoot() // a key that came with a rotation is in the newest root file
      state = await decode()
    }
    if (state instanceof UnknownKeyError) {
      throw corruptFile(shardFile(id), 'it is sealed under a key that this vault does not have', state)
    }
    return { id, state, version, hash: sha256(runtime, data) }
  }

  /** Reads the root file again, and learns what its map knows. */
  refreshRoot(signal?: AbortSignal): Promise<void> {
    return this.#maps.refresh(signal)
  }

  /** Creates the vault's first shard, empty, or finds that it is there already. */
  async createFirst(signal?: AbortSignal): Promise<void> {
    const { runtime } = this.requests
    const log = appendToLog(emptyLog, newEntry(runtime, 1, NO_BASE, utf8(this.#root.header.vault)))
    const state: ShardState = { seq: 1, lo: FIRST_KEY, hi: null, next: null, log, directories: new Map() }
    const data = await encodeShardFile(this.#root.shardContext, FIRST_SHARD, state)
    const hash = sha256(runtime, data)
    const inspect = async (): Promise<Finding> => {
      // Whatever lies there must authenticate as this vault's; whoever wrote it did the same as this would have done.
      const { version } = await this.#fetch(FIRST_SHARD)
      return { kind: 'current', version }
    }
    const outcome = await this.requests.settle({ key: shardFile(FIRST_SHARD), data, expected: null, signal, inspect })
    if (outcome.kind === 'refused') throw failedWrite(outcome)
    if (outcome.kind !== 'done') {
      // The vault stays pending: whoever opens it next goes on from here.
      if (outcome.kind === 'unknown' && errorCode(outcome.error) === 'ERR_CORRUPT') throw outcome.error
      throw failedWrite({ kind: 'unknown', error: outcome.kind === 'unknown' ? outcome.error : undefined })
    }
    this.cache.take({ id: FIRST_SHARD, state, version: outcome.version, hash }, outcome) // unless it holds what was found
  }

  /**
   * Writes `changes` to a shard if it still is in the state `base`; with no changes it is only rewritten (a fence). With
   * `split`, a shard that outgrows its size is cut: the siblings are created first, then one compare-and-swap commits all.
   * `isWanted` is asked right before that is sent, which may be rounds after this call.
   */
  async write(
    base: LoadedShard,
    changes: readonly ItemChange[],
    options: {
      readonly split: boolean
      readonly signal?: AbortSignal | undefined
      readonly isWanted?: (() => boolean) | undefined
    },
  ): Promise<ShardWriteOutcome> {
    const { runtime } = this.requests
    const removed = removedPaths(base.state, changes)
    const change = changes.flatMap((each) => [each.directory, each.name, each.document?.text ?? '']).join('\0')
    const entry = newEntry(runtime, base.state.seq + 1, base.hash, sha256(runtime, utf8(change)), removed)
    const { writeId } = entry
    const next = changeShard(base.state, changes, entry)
    const cut = options.split ? await this.#splitter.split(next, options.signal) : { state: next, siblings: [] }
    let data: Uint8Array
    try {
      data = await encodeShardFile(this.#root.shardContext, base.id, cut.state)
    } catch (error) {
      return { kind: 'refused', error } // too large for the format
    }
    if (options.isWanted?.() === false) return { kind: 'withdrawn' }
    const hash = sha256(runtime, data)
    const inspect = async (): Promise<Finding> => {
      const found = await this.#reads.join(base.id)
      return judgeWrite({ ...found, config: found.state }, { hash, writeId, baseSeq: base.state.seq })
    }
    const { signal } = options
    const outcome = await this.requests.settle({
      key: shardFile(base.id),
      data,
      expected: base.version,
      signal,
      inspect,
    })
    if (outcome.kind !== 'done') {
      if (outcome.kind !== 'refused') this.cache.drop(base)
      if (outcome.kind === 'superseded') this.#adopt(cut.siblings)
      return outcome
    }
    const written = this.cache.keep({ id: base.id, state: cut.state, version: outcome.version, hash }, outcome)
    return { kind: 'done', shards: [written, ...this.#adopt(cut.siblings)] }
  }

  /** Whether a shard's items are larger than the size that splits one. */
  outgrown(state: ShardState): boolean {
    return this.#splitter.outgrown(state)
  }

  /** Takes up siblings once the write that commits them is known to be applied, and has the stored map repaired. */
  #adopt(siblings: readonly Sibling[]): LoadedShard[] {
    if (siblings.length === 0) return []
    const shards = siblings.map(({ id, state, hash, outcome }) =>
      this.cache.keep({ id, state, version: outcome.version, hash }, outcome),
    )
    this.map.learn(shards.map(({ id, state }) => ({ lo: state.lo, shard: id })))
    this.repairMap()
    return shards
  }

  /** Adds to the stored map what this client knows and it does not, in the background. */
  repairMap(): void {
    this.#maps.repair()
  }

  /** Waits until no background work is left. */
  idle(): Promise<void> {
    return this.#maps.idle()
  }
}
