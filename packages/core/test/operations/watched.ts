import {
  type AnyOperation,
  Change,
  type ChangeResult,
  type Decide,
  decideOn,
  type OperationContext,
  Prune,
  Split,
  Unlink,
} from '../../src/operations/operation.ts'
import { parseDocumentPath } from '../../src/path/path.ts'
import type { LoadedShard } from '../../src/shards/cache.ts'
import { changeShard, type ItemChange } from '../../src/shards/change.ts'
import { documentOf, keyOf, LENIENT, recorded } from './planning.ts'

/** Operations whose end a test can look at, and the writes that they come to. */

type Recorded<T> = ReturnType<typeof recorded<T>>

const outcomesOf = new WeakMap<AnyOperation, Recorded<unknown>>()

function watched<T, O extends AnyOperation>(make: (outcomes: Recorded<T>) => O): O {
  const outcomes = recorded<T>()
  const operation = make(outcomes)
  outcomesOf.set(operation, outcomes as never)
  return operation
}

export function change(path: string, decide: Decide, context: OperationContext = LENIENT): Change {
  return watched<ChangeResult, Change>(
    (told) => new Change(context, told, parseDocumentPath(path), keyOf(path), decide),
  )
}

export function put(path: string, value: unknown, context?: OperationContext): Change {
  return change(path, decideOn(documentOf(value)), context)
}

export function remove(path: string, context?: OperationContext): Change {
  return put(path, null, context)
}

export function prune(directory: string, context: OperationContext = LENIENT): Prune {
  return watched<number, Prune>((told) => new Prune(context, told, directory))
}

export function unlink(...directories: readonly string[]): Unlink {
  return watched<void, Unlink>((told) => new Unlink(LENIENT, told, directories))
}

export function split(shard: string): Split {
  return watched<void, Split>((told) => new Split(LENIENT, told, shard))
}

/** Code and `applied` of an error, a prune's number of removals, 'done', or 'open' while the outcome is not out. */
export function endOf(operation: AnyOperation): unknown {
  const { values = [], errors = [] } = outcomesOf.get(operation) ?? {}
  if (errors.length > 0) return [errors[0]?.code, errors[0]?.applied]
  if (values.length === 0) return 'open'
  return operation.kind === 'prune' ? values[0] : 'done'
}

/** A write as "shard: +put -removed", with a "/" in front if it may split. */
export function textOf({ id }: LoadedShard, changes: readonly ItemChange[], mayBeSplit: boolean): string {
  const items = changes.map((each) => ` ${each.document === undefined ? '-' : '+'}${each.directory}${each.name}`)
  return `${mayBeSplit ? '/' : ''}${id}:${items.sort().join('')}`
}

/** A shard after a write. */
export function writtenOn(base: LoadedShard, changes: readonly ItemChange[]): LoadedShard {
  const entry = { seq: base.state.seq + 1, writeId: '', base: '', removed: [], timeMs: 0 }
  return { ...base, state: changeShard(base.state, changes, entry), version: `${base.version}+` }
}
