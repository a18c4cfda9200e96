import { depthOf, markerOf, parentOf } from '../path/path.ts'
import type { LoadedShard } from '../shards/cache.ts'
import { holdsDirectory, itemOf } from '../shards/change.ts'
import type { Folded } from './fold.ts'
import type { AnyOperation, Unlink } from './operation.ts'
import type { Lacks, View } from './view.ts'

/** One directory that the plan leaves empty, and whose marker it removes in the last phase. */
export interface PlannedUnlink {
  readonly directory: string
  /** Ids of all shards that own keys of the directory: each must be rewritten before the marker goes. */
  readonly fences: ReadonlySet<string>
  /** Directories below whose markers must go too for this one to be empty. */
  readonly children: readonly string[]
}

/** What a plan does about directories that it may leave empty. */
export interface Unlinking {
  /** Deepest first. */
  readonly unlinks: readonly PlannedUnlink[]
  /** Every directory looked at on account of an operation. */
  readonly candidates: ReadonlyMap<AnyOperation, ReadonlySet<string>>
  /** Directories found to hold something in a shard that the plan does not write: to be looked at again afterwards. */
  readonly recheck: ReadonlySet<string>
  /** Directories that only documents of this plan keep from being empty. */
  readonly kept: ReadonlySet<string>
  /**
   * Directories that held something and yet have no marker in this plan's base of the shard that owns it: every document's
   * ancestors have markers, so that base may be too old.
   */
  readonly unmarked: ReadonlyMap<string, string>
  /** Shards whose content kept an {@link Unlink} from unlinking. */
  readonly evidence: ReadonlyMap<Unlink, ReadonlySet<string>>
}

interface Candidate {
  readonly directory: string
  readonly operations: Set<AnyOperation>
  /** Shards out of which the plan takes items of the directory. */
  readonly emptied: Set<string>
  /** Whether nothing may be concluded from the home shard alone. */
  thorough: boolean
}

/** Works out, deepest first, which directories the folded effects leave empty. */
export function planUnlinking(
  operations: readonly AnyOperation[],
  folded: Folded,
  view: View,
  lacks: Lacks,
): Unlinking {
  const queue = new CandidateQueue()
  collectCandidates(operations, folded, queue)
  const filled = filledDirectories(folded)
  const kept = new Set<string>()
  const unlinks: PlannedUnlink[] = []
  const unlinked = new Map<string, Set<string>>()
  const recheck = new Set<string>()
  const unmarked = new Map<string, string>()
  const evidence = new Map<Unlink, Set<string>>()

  /** Whether something of the directory is left in a shard, counting what this plan takes out. */
  const remains = ({ state }: LoadedShard, directory: string): boolean => {
    for (const { name, document } of state.directories.get(directory)?.values() ?? []) {
      const gone =
        document === null
          ? unlinked.get(directory)?.has(directory + name)
          : folded.effects.get(directory + name)?.after === null
      if (gone !== true) return true
    }
    return false
  }

  for (let candidate = queue.deepest(); candidate !== undefined; candidate = queue.deepest()) {
    const { directory, operations: owners, emptied, thorough } = candidate
    if (filled.has(directory)) {
      kept.add(directory)
      continue
    }
    const known = [...emptied].map((id) => view.base(id)).filter((shard) => shard !== undefined)
    if (!thorough && known.some((shard) => remains(shard, directory))) continue
    const covering = lacks.try(owners, () => view.directory(directory))
    if (covering === undefined) continue
    const holders = covering.filter((shard) => remains(shard, directory))
    if (holders.length > 0) {
      if (emptied.size > 0 && !holders.some(({ id }) => emptied.has(id))) recheck.add(directory)
      for (const owner of owners) {
        if (owner.kind !== 'unlink') continue
        const ids = evidence.get(owner) ?? new Set()
        evidence.set(owner, ids)
        for (const { id } of holders) ids.add(id)
      }
      continue
    }
    const marker = markerOf(directory)
    const home = lacks.try(owners, () => view.at(view.manager.router.keyOf(marker.directory, marker.name)))
    if (home === undefined) continue
    const marked = itemOf(home.state, marker.directory, marker.name) !== undefined
    if (marked) {
      const fences = new Set(covering.map(({ id }) => id))
      unlinks.push({ directory, fences, children: [...(unlinked.get(directory) ?? [])] })
      unlinked.set(marker.directory, (unlinked.get(marker.directory) ?? new Set()).add(directory))
    } else if (covering.some(({ state }) => holdsDirectory(state, directory))) unmarked.set(directory, home.id)
    if (marker.directory !== '/') queue.add(marker.directory, owners, marked ? [home.id] : [])
  }
  return { unlinks, candidates: queue.byOperation, recheck, kept, unmarked, evidence }
}

/** Directories that some effect leaves with a document in or below them. */
function filledDirectories(folded: Folded): Set<string> {
  const filled = new Set<string>()
  for (const { path, after } of folded.effects.values()) {
    if (after === null) continue
    for (let at: string | null = path.directory; at !== null && !filled.has(at); at = parentOf(at)) filled.add(at)
  }
  return filled
}

function collectCandidates(operations: readonly AnyOperation[], folded: Folded, queue: CandidateQueue): void {
  for (const { path, shard, after, operations: owners } of folded.effects.values()) {
    if (after !== null || path.directory === '/') continue
    // Also where the document was absent before: perhaps a crash left an empty directory linked.
    const removes = [...owners].some((owner) => !hasFailed(owner, folded))
    if (removes) queue.add(path.directory, owners, [shard.id])
  }
  for (const operation of operations) {
    const directories =
      operation.kind === 'unlink'
        ? operation.directories
        : operation.kind === 'prune'
          ? (folded.pruned.get(operation)?.directories ?? [])
          : []
    for (const directory of directories) if (directory !== '/') queue.add(directory, [operation], [], true)
  }
}

function hasFailed(operation: AnyOperation, folded: Folded): boolean {
  return operation.kind === 'change' && folded.outcomes.get(operation)?.kind === 'failed'
}

/** Candidates, taken deepest first; parents join while their children are looked at. */
class CandidateQueue {
  readonly byOperation: Map<AnyOperation, Set<string>> = new Map()
  /** By depth, so that taking the deepest is cheap however many wait. */
  readonly #waiting: Map<string, Candidate>[] = []

  add(directory: string, operations: Iterable<AnyOperation>, emptied: readonly string[], thorough = false): void {
    const depth = depthOf(directory)
    while (this.#waiting.length <= depth) this.#waiting.push(new Map())
    const level = this.#waiting[depth] as Map<string, Candidate>
    let candidate = level.get(directory)
    if (candidate === undefined) {
      candidate = { directory, operations: new Set(), emptied: new Set(), thorough: false }
      level.set(directory, candidate)
    }
    for (const id of emptied) candidate.emptied.add(id)
    if (thorough) candidate.thorough = true
    for (const operation of operations) {
      candidate.operations.add(operation)
      const directories = this.byOperation.get(operation) ?? new Set()
      this.byOperation.set(operation, directories.add(directory))
    }
  }

  deepest(): Candidate | undefined {
    while (this.#waiting.length > 0) {
      for (const [directory, candidate] of this.#waiting.at(-1) as Map<string, Candidate>) {
        this.#waiting.at(-1)?.delete(directory)
        return candidate
      }
      this.#waiting.pop()
    }
    return undefined
  }
}
