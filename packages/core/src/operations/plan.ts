import { markedDirectories, markerOf } from '../path/path.ts'
import type { Freshness, LoadedShard } from '../shards/cache.ts'
import { holdsDocumentOf, type ItemChange, itemOf } from '../shards/change.ts'
import { type Effect, type Folded, fold, makesADifference, type Outcome } from './fold.ts'
import type { AnyOperation, Change, Prune } from './operation.ts'
import { type Subtree, subtreeOf } from './subtree.ts'
import { planUnlinking, type Unlinking } from './unlinking.ts'
import { Lacks, NeedShards, type View } from './view.ts'

/** A marker that a document needs, and the base that owns it. */
export interface NeededMarker {
  readonly shard: LoadedShard
  readonly change: ItemChange
}

/** An effect that will be written, with the markers that have to be there. */
export interface PlannedEffect {
  readonly effect: Effect
  /** Markers in other shards: written, even where they are present, before the document is. */
  readonly markers: readonly NeededMarker[]
  /** Markers in the document's own shard: written with it. */
  readonly ownMarkers: readonly NeededMarker[]
}

/** What to write, in three phases; a shard is written at most once in each. */
export interface Plan {
  readonly folded: Folded
  /** By shard: what the document phase writes. An empty list is a fence or a split. */
  readonly documentWrites: ReadonlyMap<string, readonly PlannedEffect[]>
  readonly unlinking: Unlinking
}

/** What planning comes to. Pure: it reads only the view and calls only what operations decide by. */
export type Planned =
  | { readonly kind: 'ready'; readonly plan: Plan }
  /** More shards are needed. */
  | { readonly kind: 'needs'; readonly needs: ReadonlyMap<AnyOperation, ReadonlySet<string>> }
  /** These bases are too old for an operation that would end without writing to them. */
  | { readonly kind: 'stale'; readonly shards: ReadonlySet<string> }
  /** These operations cannot go on; the others are planned without them. */
  | { readonly kind: 'unreadable'; readonly errors: ReadonlyMap<AnyOperation, unknown> }
  /** The user functions of these changes have not answered; the others are planned without them. */
  | { readonly kind: 'pending'; readonly pending: ReadonlyMap<Change, Promise<void>> }

/** What planning comes to when it lacks something. */
function lacking({ errors, needs }: Lacks): Planned {
  return errors.size > 0 ? { kind: 'unreadable', errors } : { kind: 'needs', needs }
}

/** Plans operations jointly, on their folded effect. */
export function makePlan(operations: readonly AnyOperation[], view: View): Planned {
  const lacks = new Lacks()
  const subtrees = findHomes(operations, view, lacks)
  if (lacks.any) return lacking(lacks)
  const folded = fold(operations, subtrees, view, lacks)
  if (lacks.any) return lacking(lacks)
  if (folded.pending.size > 0) return { kind: 'pending', pending: folded.pending }

  const documentWrites = new Map<string, PlannedEffect[]>()
  const chains = new Map<string, readonly NeededMarker[]>()
  for (const effect of folded.effects.values()) {
    if (!makesADifference(effect)) continue
    const planned = lacks.try(effect.operations, () => linkEffect(effect, view, chains))
    if (planned === undefined) continue
    const writes = documentWrites.get(effect.shard.id)
    if (writes === undefined) documentWrites.set(effect.shard.id, [planned])
    else writes.push(planned)
  }
  const unlinking = planUnlinking(operations, folded, view, lacks)
  if (lacks.any) return lacking(lacks)

  for (const { fences } of unlinking.unlinks) {
    for (const id of fences) if (!documentWrites.has(id)) documentWrites.set(id, [])
  }
  for (const operation of operations) {
    if (operation.kind !== 'split' || documentWrites.has(operation.shard)) continue
    const shard = view.base(operation.shard)
    if (shard !== undefined && view.manager.outgrown(shard.state)) documentWrites.set(operation.shard, [])
  }
  const shards = staleShards(operations, folded, documentWrites, unlinking, view)
  if (shards.size > 0) return { kind: 'stale', shards }
  return { kind: 'ready', plan: { folded, documentWrites, unlinking } }
}

/**
 * Makes sure that the shards of all documents are there before any user function is called. Each operation for itself: one
 * that meets a shard which cannot be read must not fail the others. Returns what is below the directories to be pruned.
 */
function findHomes(operations: readonly AnyOperation[], view: View, lacks: Lacks): Map<Prune, Subtree> {
  const subtrees = new Map<Prune, Subtree>()
  const { router } = view.manager
  for (const operation of operations) {
    if (operation.kind === 'prune') {
      const subtree = lacks.try([operation], () => subtreeOf(operation.directory, view))
      if (subtree !== undefined) subtrees.set(operation, subtree)
    }
    if (operation.kind === 'split') {
      lacks.try([operation], () => {
        if (!view.knows(operation.shard)) throw new NeedShards([operation.shard])
      })
    }
    if (operation.kind !== 'change') continue
    const { directory } = operation.path
    const home = lacks.try([operation], () => view.at(operation.key))
    if (home !== undefined || !isNewTopLevel(directory, view)) continue
    // Probably a document in new directories: the shards of its markers are needed as well, in the same round.
    for (const each of markedDirectories(directory)) {
      const marker = markerOf(each)
      lacks.try([operation], () => view.at(router.keyOf(marker.directory, marker.name)))
    }
  }
  return subtrees
}

/** Whether what is known of the first shard, however old, shows that nothing lies below this path's top level. A hint. */
function isNewTopLevel(directory: string, view: View): boolean {
  const top = markedDirectories(directory).at(-1)
  if (top === undefined) return false
  const { directory: root, name } = markerOf(top)
  const owner = view.manager.cache.newest(view.manager.map.find(view.manager.router.keyOf(root, name)))
  return owner !== undefined && itemOf(owner.state, root, name) === undefined
}

const NONE: readonly NeededMarker[] = []

/**
 * Finds the markers that a document needs; none where its directory is known to be linked. `chains` keeps what was found for
 * a directory before.
 */
function linkEffect(effect: Effect, view: View, chains: Map<string, readonly NeededMarker[]>): PlannedEffect {
  const { path, shard, before, after } = effect
  // A document of the same directory in the base proves that the ancestors are linked: writing on that base keeps it true.
  // An effect of this plan proves nothing, and neither does a marker.
  const linked =
    after === null || before !== null || path.directory === '/' || holdsDocumentOf(shard.state, path.directory)
  if (linked) return { effect, markers: NONE, ownMarkers: NONE }
  const chain = chains.get(path.directory) ?? markerChain(path.directory, view)
  chains.set(path.directory, chain)
  return {
    effect,
    markers: chain.filter((marker) => marker.shard !== shard),
    ownMarkers: chain.filter((marker) => marker.shard === shard),
  }
}

/** The markers that link a directory. */
function markerChain(directory: string, view: View): NeededMarker[] {
  return view.each(markedDirectories(directory), (each): NeededMarker => {
    const marker = markerOf(each)
    const owner = view.at(view.manager.router.keyOf(marker.directory, marker.name))
    return { shard: owner, change: { ...marker, document: null } }
  })
}

/**
 * How recent the base of a change must be that ends without a write. One that would change the document, had not others of the
 * plan undone it, is not answered from what was read before it, be that recent enough for one that only looks.
 */
function freshnessOf(operation: Change, folded: Folded): Freshness {
  const outcome = folded.outcomes.get(operation) as Outcome
  return outcome.kind === 'changed' && makesADifference(outcome)
    ? { sinceTick: operation.begunTick, notBeforeMs: Number.POSITIVE_INFINITY }
    : operation.context.freshness
}

/**
 * Bases that an operation would end on without writing to them, and that were confirmed too long ago for that. A base that
 * the plan writes needs no confirmation: its compare-and-swap is one.
 */
function staleShards(
  operations: readonly AnyOperation[],
  folded: Folded,
  documentWrites: ReadonlyMap<string, unknown>,
  unlinking: Unlinking,
  view: View,
): Set<string> {
  const stale = new Set<string>()
  const check = (operation: AnyOperation, ids: Iterable<string>, freshness = operation.context.freshness): void => {
    for (const id of ids) {
      if (documentWrites.has(id)) continue
      if (view.manager.cache.fresh(id, freshness) !== view.base(id)) stale.add(id)
    }
  }
  for (const operation of operations) {
    if (operation.kind === 'change') {
      const { shard } = folded.effects.get(operation.path.path) as Effect
      check(operation, [shard.id], freshnessOf(operation, folded))
    }
    if (operation.kind === 'prune') check(operation, folded.pruned.get(operation)?.shards ?? [])
    if (operation.kind === 'unlink') check(operation, unlinking.evidence.get(operation) ?? [])
    for (const directory of unlinking.candidates.get(operation) ?? []) {
      const owner = unlinking.unmarked.get(directory)
      if (owner !== undefined) check(operation, [owner])
    }
  }
  return stale
}
