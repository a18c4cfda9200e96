/** The engine with one of its rules switched off, by one change of its source text while it is bundled. */
export interface Variant {
  readonly rule: string
  /** Below packages/core/src. */
  readonly file: string
  /** Stands in that file exactly once. */
  readonly from: string
  readonly to: string
  /** Beginning of the name of the scenarios that find it out; without, random histories do. */
  readonly scenario?: string
}

export const VARIANTS: readonly Variant[] = [
  {
    rule: 'markers are rewritten also where they are present',
    file: 'operations/execution.ts',
    from: '        const wanted = changes.get(shard.id) ?? new Map<string, ItemChange>()',
    to: '        if (itemOf(shard.state, change.directory, change.name) !== undefined) continue\n        const wanted = changes.get(shard.id) ?? new Map<string, ItemChange>()',
  },
  {
    rule: 'every other shard of an emptied directory is fenced',
    file: 'operations/unlinking.ts',
    from: 'const fences = new Set(covering.map(({ id }) => id))',
    to: 'const fences = new Set(emptied)',
  },
  {
    rule: 'a marker is no evidence that a directory is linked',
    file: 'operations/plan.ts',
    from: 'holdsDocumentOf(shard.state, path.directory)',
    to: 'shard.state.directories.has(path.directory)',
  },
  {
    rule: 'an effect of the same plan is no evidence',
    file: 'operations/plan.ts',
    from: '    const planned = lacks.try(effect.operations, () => linkEffect(effect, view, chains))',
    to: '    const planned = documentWrites.get(effect.shard.id)?.some((each) => each.effect.path.directory === effect.path.directory && each.effect.after !== null) ? { effect, markers: [], ownMarkers: [] } : lacks.try(effect.operations, () => linkEffect(effect, view, chains))',
  },
  {
    rule: 'bases are not taken from the live cache',
    file: 'operations/execution.ts',
    from: 'const base = this.#view.base(id) as LoadedShard\n    const outcome',
    to: 'const base = this.#view.manager.cached(id) ?? (this.#view.base(id) as LoadedShard)\n    const outcome',
  },
  {
    rule: 'an unsettled write is sent again and not planned anew',
    file: 'vault/requests.ts',
    from: 'unsettled ??= { error }',
    to: "if (code === 'ERR_UNAVAILABLE') return { kind: 'conflict' }\n        unsettled ??= { error }",
  },
  {
    rule: 'a conflict is searched for the own write',
    file: 'vault/requests.ts',
    from: 'const finding = await write.inspect()',
    to: "const found = await write.inspect()\n      const finding: Finding = found.kind === 'current' && write.expected === null ? found : { kind: 'not-applied' }",
  },
  {
    rule: 'the whole log is searched',
    file: 'format/sequence-log.ts',
    from: 'return log.entries.some((entry) => entry.writeId === writeId) || log.olderIds.includes(writeId)',
    to: 'return log.entries.at(-1)?.writeId === writeId',
  },
  {
    rule: 'a refused re-send settles nothing',
    file: 'vault/requests.ts',
    from: 'if (unsettled === null && code !== undefined && REFUSALS.has(code))',
    to: 'if (code !== undefined && REFUSALS.has(code))',
  },
  {
    rule: 'a committed removal is not planned again',
    file: 'operations/fold.ts',
    from: '({ path, after }) => after !== null && !operation.removed.has(path.path)',
    to: '({ after }) => after !== null',
  },
  {
    rule: 'markers are written before the documents',
    file: 'operations/execution.ts',
    from: 'await this.#writeMarkers()\n    await this.#writeDocuments()',
    to: 'await Promise.all([this.#writeMarkers(), this.#writeDocuments()])',
  },
  {
    rule: 'unlinking waits for the fences',
    file: 'operations/execution.ts',
    from: "        return verdict?.kind === 'committed' && verdict.current && whole",
    to: '        return verdict !== undefined && whole',
  },
  {
    rule: 'a sibling is born with the log',
    file: 'shards/split.ts',
    from: 'log: narrowLog(state.log, owns),',
    to: 'log: index === 0 ? narrowLog(state.log, owns) : { entries: narrowLog(state.log, owns).entries.map((entry) => ({ ...entry, writeId: "AAAAAAAAAAA" })), olderIds: state.log.olderIds },',
  },
  {
    rule: 'the right neighbour is followed',
    file: 'operations/view.ts',
    from: 'if (hi === null || next === null || key < hi) return shard',
    to: 'return shard',
  },
  {
    rule: 'an absence is not reported from a stale cache',
    file: 'operations/plan.ts',
    from: 'if (view.manager.fresh(id, operation.context.freshness) !== view.base(id)) stale.add(id)',
    to: 'if (view.base(id) === undefined) stale.add(id)',
  },
  {
    rule: 'a read that was sent earlier is not shared',
    file: 'shards/shared-reads.ts',
    from: 'if (this.#unsent.get(id) === request) this.#unsent.delete(id)',
    to: 'result.finally(() => this.#unsent.delete(id)).catch(() => undefined)',
  },
  {
    rule: 'an older body never replaces a newer one in the cache',
    file: 'shards/manager.ts',
    from: 'if (entry !== undefined && entry.shard.state.seq > shard.state.seq) return entry.shard',
    to: '',
  },
  {
    rule: 'the map is changed only once the split is confirmed',
    file: 'shards/manager.ts',
    from: "if (outcome.kind === 'superseded') this.#adopt(cut.siblings)",
    to: 'this.#adopt(cut.siblings)',
  },
  {
    rule: 'freshness goes by when a request was sent',
    file: 'vault/requests.ts',
    from: 'this.#learn(sentAtMs)\n    return { blob, sentTick, sentAtMs }',
    to: 'this.#learn(sentAtMs)\n    return { blob, sentTick: this.#tick, sentAtMs }',
  },
  {
    rule: 'what a plan only read is confirmed by its writes',
    file: 'operations/execution.ts',
    from: 'if (verdicts.size === 0 && this.#confirmed(shards)) return true',
    to: 'if (verdicts.size === 0) return true',
  },
  {
    rule: 'operations of one client do not meet on one shard',
    file: 'operations/scheduler.ts',
    from: 'const free = wanted.every((id) => !this.#locked.has(id) && !reserved.has(id))',
    to: 'const free = true',
  },
]
