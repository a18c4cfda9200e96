import { FIRST_KEY, type Router } from '../../src/crypto/router.ts'
import type { VaultError } from '../../src/errors.ts'
import type { StoredDocument } from '../../src/format/document.ts'
import type { ShardState } from '../../src/format/model.ts'
import {
  Change,
  type Decide,
  decideOn,
  type OperationContext,
  type Outcomes,
  Prune,
  Split,
  UNHEEDED,
  Unlink,
} from '../../src/operations/operation.ts'
import { View } from '../../src/operations/view.ts'
import { parseDocumentPath } from '../../src/path/path.ts'
import { type LoadedShard, ShardCache } from '../../src/shards/cache.ts'
import type { ShardManager } from '../../src/shards/manager.ts'
import { ShardMap } from '../../src/shards/shard-map.ts'
import type { WitnessBook } from '../../src/vault/witness.ts'
import { changeOf, stateOf } from '../shards/states.ts'

/** The top level comes first, as it does in a vault. */
const halfOf = (directory: string): string => (directory === '/' ? '1' : `2${directory}`)

/** Routes so that a test can say where things lie: by directory, then by name, both as they read; what is below comes after. */
export const router: Router = {
  keyOf: (directory, name) => `${halfOf(directory)}!${name}`,
  rangeOf: (directory) => ({ first: `${halfOf(directory)}!`, last: `${halfOf(directory)}!~` }),
}

/** The key of an item by its path. */
export function keyOf(path: string): string {
  const { directory, name } = changeOf(path, undefined)
  return router.keyOf(directory, name)
}

/** Confirmed by a request that was sent now, before everything that asks for more than tick 0. */
const CONFIRMED = { sentTick: 1, sentAtMs: 100 }

/** A vault in the hands of one plan, without a store: what the plan was given, and what it asked for. */
export interface Setting {
  readonly manager: ShardManager
  readonly view: View
  /** All shards, whether the view has them or not: `0` and then `1`, `2` … */
  readonly shards: readonly LoadedShard[]
  /** Shards whose right neighbour was taken note of. */
  readonly followed: readonly string[]
}

/**
 * A vault of these items (`null`: a marker), cut at the keys of these paths, or where a directory begins (`/d/*`). The map knows every shard and the view has every
 * one, except for those named.
 */
export function settingOf(
  items: Readonly<Record<string, unknown>>,
  options: {
    readonly cuts?: readonly string[]
    readonly unmapped?: readonly string[]
    readonly missing?: readonly string[]
    readonly outgrown?: readonly string[]
  } = {},
): Setting {
  const { cuts = [], unmapped = [], missing = [], outgrown = [] } = options
  const los = [
    FIRST_KEY,
    ...cuts.map((path) => (path.endsWith('*') ? router.rangeOf(path.slice(0, -1)).first : keyOf(path))),
  ]
  const shards = los.map((lo, index): LoadedShard => {
    const hi = los[index + 1] ?? null
    const owned = Object.entries(items).filter(([path]) => keyOf(path) >= lo && (hi === null || keyOf(path) < hi))
    const state = stateOf(Object.fromEntries(owned), { lo, hi, next: hi === null ? null : String(index + 1) })
    return { id: String(index), state, version: `v${index}`, hash: new Uint8Array(32).fill(index) }
  })
  const map = new ShardMap(() => 0)
  map.learn(shards.filter(({ id }) => !unmapped.includes(id)).map(({ id, state }) => ({ lo: state.lo, shard: id })))
  const cache = new ShardCache({ remember: () => undefined } as unknown as WitnessBook, map)
  const followed: string[] = []
  const manager = {
    map,
    router,
    cache,
    follow: ({ id }: LoadedShard) => void followed.push(id),
    outgrown: (state: ShardState) => shards.some((shard) => shard.state === state && outgrown.includes(shard.id)),
  } as unknown as ShardManager
  const view = new View(manager)
  for (const shard of shards) {
    if (missing.includes(shard.id)) continue
    cache.take(shard, CONFIRMED)
    view.take(shard)
  }
  return { manager, view, shards, followed }
}

/** Content with what was confirmed before: tick 1 counts. */
export const LENIENT: OperationContext = { freshness: { sinceTick: 0, notBeforeMs: Number.POSITIVE_INFINITY } }

/** Asks for a request that was sent after the last. */
export const STRICT: OperationContext = { freshness: { sinceTick: 1, notBeforeMs: Number.POSITIVE_INFINITY } }

const IGNORED: Outcomes<unknown> = UNHEEDED

export function change(path: string, decide: Decide, context: OperationContext = LENIENT): Change {
  return new Change(context, IGNORED, parseDocumentPath(path), keyOf(path), decide)
}

/** Puts a value, or with `null` removes. */
export function put(path: string, value: unknown, context: OperationContext = LENIENT): Change {
  return change(path, decideOn(documentOf(value)), context)
}

export function documentOf(value: unknown): StoredDocument | null {
  return changeOf('/any', value).document as StoredDocument | null
}

export function prune(directory: string, context: OperationContext = LENIENT): Prune {
  return new Prune(context, IGNORED, directory)
}

export function unlink(directories: readonly string[], context: OperationContext = LENIENT): Unlink {
  return new Unlink(context, IGNORED, directories)
}

export function split(shard: string, context: OperationContext = LENIENT): Split {
  return new Split(context, IGNORED, shard)
}

/** Outcomes that a test can look at. */
export function recorded<T>(): Outcomes<T> & { readonly values: T[]; readonly errors: VaultError[] } {
  const values: T[] = []
  const errors: VaultError[] = []
  return {
    values,
    errors,
    succeeded: (value) => void values.push(value),
    failed: (error) => void errors.push(error as VaultError),
  }
}
