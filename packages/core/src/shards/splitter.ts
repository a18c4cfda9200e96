import { equalBytes, toBase64Url } from '../bytes.ts'
import { sha256 } from '../crypto/hash.ts'
import type { Router } from '../crypto/router.ts'
import type { ShardState } from '../format/model.ts'
import { encodeShardFile, itemsByteLength, shardFile } from '../format/shard-file.ts'
import type { Finding, Requests, WriteOutcome } from '../vault/requests.ts'
import type { VaultRoot } from '../vault/root.ts'
import { cutShard, splitStates } from './split.ts'

/** A new shard file that is only reachable once the shard it was cut from names it. */
export interface Sibling {
  readonly id: string
  readonly state: ShardState
  readonly hash: Uint8Array
  readonly outcome: Extract<WriteOutcome, { kind: 'done' }>
}

/** A shard's state to be written, and the siblings that it names. */
export interface Split {
  readonly state: ShardState
  readonly siblings: readonly Sibling[]
}

/** Cuts shards that have grown too large, and creates the files of their right parts. */
export class Splitter {
  readonly #root: VaultRoot
  readonly #router: Router
  readonly #requests: Requests

  constructor(root: VaultRoot, router: Router, requests: Requests) {
    this.#root = root
    this.#router = router
    this.#requests = requests
  }

  /** Whether a shard's items are larger than the size that splits one. */
  outgrown(state: ShardState): boolean {
    return itemsByteLength(state) > this.#root.config.shardBytes
  }

  /** Cuts a shard that is too large and creates the right siblings; leaves it whole where that is not possible. */
  async split(state: ShardState, signal: AbortSignal | undefined): Promise<Split> {
    const whole = { state, siblings: [] }
    if (!this.outgrown(state)) return whole
    const cut = cutShard(state, this.#root.config.shardBytes, this.#router)
    if (cut.length < 2) return whole
    const ids = cut.slice(1).map(() => toBase64Url(this.#requests.runtime.randomBytes(16)))
    const [left, ...right] = splitStates(state, cut, ids, this.#router)
    const siblings = await Promise.all(
      right.map((each, index) => this.#createSibling(ids[index] as string, each, signal)),
    )
    if (siblings.some((sibling) => sibling === null)) return whole
    return { state: left as ShardState, siblings: siblings as Sibling[] }
  }

  async #createSibling(id: string, state: ShardState, signal: AbortSignal | undefined): Promise<Sibling | null> {
    let data: Uint8Array
    try {
      data = await encodeShardFile(this.#root.shardContext, id, state)
    } catch {
      return null // the shard that is to be cut will say why, if it cannot be written either
    }
    const inspect = async (): Promise<Finding> => {
      const { blob } = await this.#requests.read(shardFile(id), {})
      if (blob === null || blob === 'unchanged') return { kind: 'unmoved' }
      if (!equalBytes(blob.data, data)) return { kind: 'unclear' } // nobody else draws this id: it was caught half written
      return { kind: 'current', version: blob.version }
    }
    const outcome = await this.#requests.settle({ key: shardFile(id), data, expected: null, signal, inspect })
    if (outcome.kind !== 'done') return null
    return { id, state, hash: sha256(this.#requests.runtime, data), outcome }
  }
}
