import type { StoredDocument } from '../format/document.ts'
import { type DocumentPath, parseDocumentPath } from '../path/path.ts'
import type { LoadedShard } from '../shards/cache.ts'
import { itemOf } from '../shards/change.ts'
import type { AnyOperation, Change, Prune } from './operation.ts'
import type { Subtree } from './subtree.ts'
import type { Lacks, View } from './view.ts'

/** The folded effect of a plan's operations on one document. */
export interface Effect {
  readonly path: DocumentPath
  /** The base that owns the document. */
  readonly shard: LoadedShard
  readonly before: StoredDocument | null
  after: StoredDocument | null
  readonly operations: Set<Change | Prune>
}

/** How one operation comes out if the plan is carried out. */
export type Outcome =
  | { readonly kind: 'changed'; readonly before: StoredDocument | null; readonly after: StoredDocument | null }
  | { readonly kind: 'failed'; readonly error: unknown }

/** What a prune touches. */
export interface Pruned {
  readonly directories: readonly string[]
  /** Ids of all shards that it looked at. */
  readonly shards: ReadonlySet<string>
  readonly effects: readonly Effect[]
}

/** The folded effect of all operations, in their order. */
export interface Folded {
  readonly effects: ReadonlyMap<string, Effect>
  readonly outcomes: ReadonlyMap<Change, Outcome>
  readonly pruned: ReadonlyMap<Prune, Pruned>
  /** Changes whose user function has not answered yet for the document as it stands. */
  readonly pending: ReadonlyMap<Change, Promise<void>>
}

/** Whether an effect, or one operation's part in it, makes a difference to what is stored. */
export function makesADifference({ before, after }: Pick<Effect, 'before' | 'after'>): boolean {
  if (before === null || after === null) return before !== after
  return !before.equals(after)
}

/**
 * Applies operations to the bases in `view`, each to what those before it left. `subtrees` tells what the prunes among them
 * find. Of no use where an operation lacked something.
 */
export function fold(
  operations: readonly AnyOperation[],
  subtrees: ReadonlyMap<Prune, Subtree>,
  view: View,
  lacks: Lacks,
): Folded {
  const effects = new Map<string, Effect>()
  const outcomes = new Map<Change, Outcome>()
  const pruned = new Map<Prune, Pruned>()
  const pending = new Map<Change, Promise<void>>()

  const effectOn = (path: DocumentPath, key?: string): Effect => {
    const known = effects.get(path.path)
    if (known !== undefined) return known
    const shard = view.at(key ?? view.manager.router.keyOf(path.directory, path.name))
    const before = itemOf(shard.state, path.directory, path.name)?.document ?? null
    const effect: Effect = { path, shard, before, after: before, operations: new Set() }
    effects.set(path.path, effect)
    return effect
  }

  for (const operation of operations) {
    if (operation.kind === 'change') {
      const effect = lacks.try([operation], () => effectOn(operation.path, operation.key))
      if (effect === undefined) continue
      const before = effect.after
      const decision = operation.decide(before)
      if (decision.kind === 'pending') {
        pending.set(operation, decision.ready)
        continue
      }
      effect.operations.add(operation)
      if (decision.kind === 'failed') {
        outcomes.set(operation, decision)
        continue
      }
      effect.after = decision.document
      outcomes.set(operation, { kind: 'changed', before, after: decision.document })
    } else if (operation.kind === 'prune') {
      const { directories, shards, paths } = subtrees.get(operation) as Subtree
      const stored = lacks.try([operation], () => paths.map((path) => effectOn(parseDocumentPath(path))))
      if (stored === undefined) continue
      const folded = [...effects.values()].filter(({ path }) => path.path.startsWith(operation.directory))
      const removed = [...new Set([...stored, ...folded])].filter(
        ({ path, after }) => after !== null && !operation.removed.has(path.path),
      )
      for (const effect of removed) {
        effect.after = null
        effect.operations.add(operation)
      }
      pruned.set(operation, { directories, shards, effects: removed })
    }
  }
  return { effects, outcomes, pruned, pending }
}
