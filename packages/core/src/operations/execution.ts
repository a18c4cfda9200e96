import { errorCode, type VaultError } from '../errors.ts'
import { markerOf } from '../path/path.ts'
import type { LoadedShard } from '../shards/cache.ts'
import { type ItemChange, itemOf } from '../shards/change.ts'
import type { ShardWriteOutcome } from '../shards/manager.ts'
import { failedWrite, notApplied } from '../vault/root.ts'
import { type Effect, makesADifference, type Outcome, type Pruned } from './fold.ts'
import { type AnyOperation, Change, Prune } from './operation.ts'
import type { Plan, PlannedEffect } from './plan.ts'
import { Lacks, type View } from './view.ts'

/** What remains to be done after a plan was carried out. */
export interface Remainder {
  /** Operations to be planned anew. */
  readonly again: readonly AnyOperation[]
  /** Directories that may have been left empty and linked. */
  readonly directories: ReadonlySet<string>
  /** Committed operations whose outcome is held back until those directories have been seen to. */
  readonly held: readonly (() => void)[]
  /** Shards that outgrew their size in a phase that does not split. */
  readonly outgrown: ReadonlySet<string>
  /** The store's word that it is full, given to an operation that was tried alone: those waiting for their turn need not ask. */
  readonly full: VaultError | null
}

/** What became of one shard's write, as far as the operations in it are concerned. */
type Verdict =
  | { readonly kind: 'committed'; readonly current: boolean }
  | { readonly kind: 'again' }
  | { readonly kind: 'failed'; readonly error: VaultError; readonly mayFitAlone: boolean }

const REFUSED_FOR_SIZE: ReadonlySet<string | undefined> = new Set(['ERR_QUOTA', 'ERR_TOO_LARGE'])

function verdictOf(outcome: ShardWriteOutcome): Verdict {
  if (outcome.kind === 'done') return { kind: 'committed', current: true }
  if (outcome.kind === 'superseded') return { kind: 'committed', current: false }
  if (outcome.kind === 'conflict' || outcome.kind === 'withdrawn') return { kind: 'again' }
  const mayFitAlone = outcome.kind === 'refused' && REFUSED_FOR_SIZE.has(errorCode(outcome.error))
  return { kind: 'failed', error: failedWrite(outcome), mayFitAlone }
}

/** Carries out one plan: markers, then documents and fences, then unlinking. */
export class Execution {
  readonly #plan: Plan
  readonly #operations: readonly AnyOperation[]
  readonly #view: View
  readonly #signal: AbortSignal
  /** Lets go of the lock of a shard that this plan will not touch again. */
  readonly #release: (shard: string) => void
  readonly #markerFailures = new Map<string, Verdict>()
  readonly #verdicts = new Map<string, Verdict>()
  /** By shard: the effects that its document write carried. */
  readonly #carried = new Map<string, ReadonlySet<Effect>>()
  /** Effects that came to nothing by an operation that was given up: what the others did must be done after all. */
  readonly #void = new Set<Effect>()
  /** Changes by the shard that owns their document. */
  readonly #changes = new Map<string, Change[]>()
  readonly #again = new Set<AnyOperation>()
  readonly #directories = new Set<string>()
  readonly #outgrown = new Set<string>()
  #full: VaultError | null = null

  constructor(
    plan: Plan,
    operations: readonly AnyOperation[],
    view: View,
    signal: AbortSignal,
    release: (shard: string) => void,
  ) {
    this.#plan = plan
    this.#operations = operations
    this.#view = view
    this.#signal = signal
    this.#release = release
    for (const operation of operations) {
      if (!(operation instanceof Change)) continue
      const { shard } = this.#effectOf(operation)
      const changes = this.#changes.get(shard.id)
      if (changes === undefined) this.#changes.set(shard.id, [operation])
      else changes.push(operation)
    }
  }

  #effectOf(operation: Change): Effect {
    return this.#plan.folded.effects.get(operation.path.path) as Effect
  }

  async run(): Promise<Remainder> {
    this.#settleReaders()
    await this.#writeMarkers()
    await this.#writeDocuments()
    this.#accountPrunes()
    const unlinked = await this.#unlink()
    const held = this.#settleTheRest(unlinked)
    return { again: [...this.#again], directories: this.#directories, held, outgrown: this.#outgrown, full: this.#full }
  }

  /** Lets go of a shard's lock, unless a later phase may need it. */
  #done(shard: string): void {
    if (this.#plan.unlinking.unlinks.length === 0) this.#release(shard)
  }

  /** Changes that end on what was read: no write of this plan touches their shard. */
  #settleReaders(): void {
    const { documentWrites, unlinking } = this.#plan
    for (const [id, changes] of this.#changes) {
      if (documentWrites.has(id)) continue
      this.#closeUnwritten(changes)
      for (const change of changes) {
        if (this.#void.has(this.#effectOf(change))) this.#again.add(change)
        else if (unlinking.candidates.has(change)) change.committed = () => this.#settleChange(change)
        else this.#settleChange(change)
      }
      this.#done(id)
    }
  }

  /**
   * No write carries an effect that leaves its document as it was, so nothing else keeps an operation in it from being given up
   * when the others' outcome is out already.
   */
  #closeUnwritten(changes: readonly Change[]): void {
    for (const effect of new Set(changes.map((change) => this.#effectOf(change)))) {
      if (makesADifference(effect)) continue
      const operations = [...effect.operations]
      if (operations.some(({ over }) => over)) this.#void.add(effect)
      else for (const operation of operations) operation.sent = true
    }
  }

  #settleChange(operation: Change): void {
    const outcome = this.#plan.folded.outcomes.get(operation) as Outcome
    if (outcome.kind === 'changed') operation.succeed(outcome)
    else operation.fail(outcome.error)
  }

  /** Markers in other shards than their documents', each shard once, also where nothing is missing: that fends off removers. */
  async #writeMarkers(): Promise<void> {
    const changes = new Map<string, Map<string, ItemChange>>()
    for (const writes of this.#plan.documentWrites.values()) {
      for (const { shard, change } of writes.flatMap(({ markers }) => markers)) {
        const wanted = changes.get(shard.id) ?? new Map<string, ItemChange>()
        changes.set(shard.id, wanted)
        const present = itemOf(shard.state, change.directory, change.name) !== undefined
        if (!present) wanted.set(change.directory + change.name, change)
      }
    }
    const write = async ([id, wanted]: [string, Map<string, ItemChange>]): Promise<void> => {
      const outcome = await this.#write(id, [...wanted.values()], false)
      // Applied but already replaced is not good enough here: the rest of the plan starts again from its reads.
      if (outcome.kind === 'superseded') this.#markerFailures.set(id, { kind: 'again' })
      else if (outcome.kind !== 'done') this.#markerFailures.set(id, verdictOf(outcome))
      if (!this.#plan.documentWrites.has(id)) this.#done(id)
    }
    await Promise.all([...changes].map(write))
  }

  async #write(
    id: string,
    changes: readonly ItemChange[],
    split: boolean,
    isWanted?: () => boolean,
  ): Promise<ShardWriteOutcome> {
    const base = this.#view.base(id) as LoadedShard
    const outcome = await this.#view.manager.write(base, changes, { split, signal: this.#signal, isWanted })
    if (outcome.kind !== 'done') return outcome
    for (const shard of outcome.shards) this.#view.take(shard)
    for (const { id: written, state } of outcome.shards) {
      if (!split && this.#view.manager.outgrown(state)) this.#outgrown.add(written)
    }
    return outcome
  }

  async #writeDocuments(): Promise<void> {
    await Promise.all([...this.#plan.documentWrites].map(([id, writes]) => this.#writeDocumentsOf(id, writes)))
  }

  async #writeDocumentsOf(id: string, writes: readonly PlannedEffect[]): Promise<void> {
    const blocked = this.#markerFailures.get(id)
    const possible = blocked !== undefined ? [] : writes.filter((write) => this.#isPossible(write))
    this.#carried.set(id, new Set(possible.map(({ effect }) => effect)))
    if (blocked !== undefined || (possible.length === 0 && writes.length > 0)) {
      this.#verdicts.set(id, blocked ?? { kind: 'again' })
    } else {
      const operations = possible.flatMap(({ effect }) => [...effect.operations])
      const isWanted = (): boolean => {
        if (operations.some(({ over }) => over)) return false // given up while siblings were created: planned without it
        for (const operation of operations) operation.sent = true
        return true
      }
      const outcome = await this.#write(id, this.#itemChanges(id, possible), true, isWanted)
      this.#verdicts.set(id, verdictOf(outcome))
    }
    this.#settleWritten(id)
    this.#done(id)
  }

  /** Whether an effect's markers are in place, and none of its operations was given up meanwhile. */
  #isPossible({ effect, markers }: PlannedEffect): boolean {
    if (markers.some(({ shard }) => this.#markerFailures.has(shard.id))) return false
    for (const operation of effect.operations) if (operation.over) return false
    return true
  }

  #itemChanges(id: string, writes: readonly PlannedEffect[]): ItemChange[] {
    const { state } = this.#view.base(id) as LoadedShard
    const changes = new Map<string, ItemChange>()
    for (const { effect, ownMarkers } of writes) {
      const { path, directory, name } = effect.path
      changes.set(path, { directory, name, document: effect.after ?? undefined })
      for (const { change } of ownMarkers) {
        const present = itemOf(state, change.directory, change.name) !== undefined
        if (!present) changes.set(change.directory + change.name, change)
      }
    }
    return [...changes.values()]
  }

  /** Settles the changes that hang on one shard's write alone. */
  #settleWritten(id: string): void {
    const changes = this.#changes.get(id) ?? []
    this.#closeUnwritten(changes)
    for (const operation of changes) {
      const verdict = this.#verdictOn(this.#effectOf(operation))
      if (verdict.kind === 'again' || (verdict.kind === 'failed' && this.#onlyReads(operation))) {
        this.#again.add(operation)
      } else if (verdict.kind === 'failed') this.#failOrTryAlone(operation, verdict)
      else if (this.#plan.unlinking.candidates.has(operation)) operation.committed = () => this.#settleChange(operation)
      else this.#settleChange(operation)
    }
  }

  /** Whether a change has nothing to write, and was only to be confirmed by a write for the sake of others. */
  #onlyReads(operation: Change): boolean {
    return !this.#plan.unlinking.candidates.has(operation) && !makesADifference(this.#effectOf(operation))
  }

  /** What became of an effect: its shard's verdict, or that of the marker write that kept it from being sent. */
  #verdictOn(effect: Effect): Verdict {
    if (this.#void.has(effect)) return { kind: 'again' }
    const id = effect.shard.id
    const writes = this.#plan.documentWrites.get(id)
    if (writes === undefined) return { kind: 'committed', current: true }
    if (!makesADifference(effect) || this.#carried.get(id)?.has(effect)) return this.#verdicts.get(id) as Verdict
    const write = writes.find((each) => each.effect === effect) as PlannedEffect
    const failures = [
      this.#markerFailures.get(id),
      ...write.markers.map((each) => this.#markerFailures.get(each.shard.id)),
    ]
    const failure = failures.find((each) => each?.kind === 'failed')
    if (failure?.kind !== 'failed') return { kind: 'again' }
    // The document itself was never sent, so nothing of it is applied, whatever became of the marker.
    return { ...failure, error: notApplied(failure.error.cause ?? failure.error) }
  }

  #failOrTryAlone(operation: AnyOperation, verdict: Extract<Verdict, { kind: 'failed' }>): void {
    if (verdict.mayFitAlone && !operation.alone && this.#operations.length > 1) {
      operation.alone = true
      this.#again.add(operation)
      return
    }
    if (operation.alone && verdict.error.code === 'ERR_QUOTA') this.#full = verdict.error
    operation.fail(verdict.error)
  }

  /** Removes the markers of emptied directories; resolves to the directories that are unlinked. */
  async #unlink(): Promise<Set<string>> {
    const possible = new Set<string>()
    for (const { directory, fences, children } of this.#plan.unlinking.unlinks) {
      const fenced = [...fences].every((id) => {
        const verdict = this.#verdicts.get(id)
        const whole = this.#carried.get(id)?.size === this.#plan.documentWrites.get(id)?.length
        return verdict?.kind === 'committed' && verdict.current && whole
      })
      if (fenced && children.every((child) => possible.has(child))) possible.add(directory)
    }
    const removals = this.#removals(possible)
    const unlinked = new Set([...removals.values()].flatMap((markers) => [...markers.keys()]))
    const write = async ([id, markers]: [string, Map<string, ItemChange>]): Promise<void> => {
      const outcome = await this.#write(id, [...markers.values()], false)
      if (outcome.kind === 'done' || outcome.kind === 'superseded') return
      for (const directory of markers.keys()) unlinked.delete(directory)
    }
    await Promise.all([...removals].map(write))
    return unlinked
  }

  /** Marker removals by shard, then by directory, routed again: a split of this plan may have moved a marker. */
  #removals(directories: Iterable<string>): Map<string, Map<string, ItemChange>> {
    const removals = new Map<string, Map<string, ItemChange>>()
    for (const directory of directories) {
      const marker = markerOf(directory)
      const key = this.#view.manager.router.keyOf(marker.directory, marker.name)
      const home = new Lacks().try([], () => this.#view.at(key))
      if (home === undefined) continue // its shard was split by somebody else, or cannot be read: planned anew
      removals.set(home.id, (removals.get(home.id) ?? new Map()).set(directory, { ...marker, document: undefined }))
    }
    return removals
  }

  /** Settles what hung on several shards or on unlinking; returns what to call once the remaining directories are seen to. */
  #settleTheRest(unlinked: ReadonlySet<string>): (() => void)[] {
    const { unlinking } = this.#plan
    const planned = new Set(unlinking.unlinks.map(({ directory }) => directory))
    const incomplete = this.#again.size > 0 || [...this.#verdicts.values()].some(({ kind }) => kind === 'failed')
    const unresolved = (operation: AnyOperation): string[] =>
      [...(unlinking.candidates.get(operation) ?? [])].filter((directory) => {
        if (planned.has(directory)) return !unlinked.has(directory)
        const owner = unlinking.unmarked.get(directory)
        if (owner !== undefined && !this.#confirmed([owner])) return true
        return unlinking.recheck.has(directory) || (incomplete && unlinking.kept.has(directory))
      })
    const held: (() => void)[] = []
    for (const operation of this.#operations) {
      if (this.#again.has(operation) || (operation.over && operation.committed === null)) continue
      const left = unresolved(operation)
      if (operation.kind === 'unlink') {
        const certain = this.#confirmed(unlinking.evidence.get(operation) ?? [])
        if (left.length > 0 || !certain) this.#again.add(operation)
        else operation.succeed()
        continue
      }
      const settle = (): void => {
        if (operation.kind === 'split') operation.succeed()
        else if (operation.kind === 'prune') operation.succeed(operation.removed.size)
        else this.#settleChange(operation)
      }
      if (left.length === 0) settle()
      else {
        held.push(settle)
        for (const directory of left) this.#directories.add(directory)
      }
    }
    return held
  }

  #accountPrunes(): void {
    for (const operation of this.#operations) {
      if (!(operation instanceof Prune) || !this.#accountPrune(operation)) continue
      operation.committed = () => operation.succeed(operation.removed.size)
    }
  }

  /** Counts what a prune's committed writes removed; false if it is not through. */
  #accountPrune(operation: Prune): boolean {
    const { effects, shards } = this.#plan.folded.pruned.get(operation) as Pruned
    const verdicts = new Set<Verdict>()
    for (const effect of effects) {
      // Also where a document of this plan was put and removed again: if its put is planned anew, so is its removal.
      const verdict = this.#verdictOn(effect)
      if (verdict.kind === 'committed') operation.removed.add(effect.path.path)
      else verdicts.add(verdict)
    }
    const failures = [...verdicts].flatMap((verdict) => (verdict.kind === 'failed' ? [verdict.error] : []))
    // That one shard's write was refused does not tell of another's, which may be applied.
    const failure = failures.find(({ applied }) => applied === 'unknown') ?? failures[0]
    if (failure !== undefined) {
      operation.failPart(failure)
      return false
    }
    if (verdicts.size === 0 && this.#confirmed(shards)) return true
    this.#again.add(operation)
    return false
  }

  /** Whether the writes of this plan have confirmed the bases of these shards; one that it does not write was fresh enough. */
  #confirmed(shards: Iterable<string>): boolean {
    for (const id of shards) {
      if (this.#plan.documentWrites.has(id) && this.#verdicts.get(id)?.kind !== 'committed') return false
    }
    return true
  }
}
