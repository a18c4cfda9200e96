/** The engine with one of its rules switched off, by one change of its source text while it is bundled. */
export interface Variant {
  readonly rule: string
  /** Below packages/core/src. */
  readonly file: string
  /** Stands in that file exactly once. */
  readonly from: string
  readonly to: string
  /** The scenario that finds it out. */
  readonly scenario: string
}

export const VARIANTS: readonly Variant[] = [
  {
    rule: 'markers are rewritten also where they are present',
    file: 'operations/execution.ts',
    from: '        const wanted = changes.get(shard.id) ?? new Map<string, ItemChange>()',
    to: '        if (itemOf(shard.state, change.directory, change.name) !== undefined) continue\n        const wanted = changes.get(shard.id) ?? new Map<string, ItemChange>()',
    scenario: 'a directory filled and emptied',
  },
  {
    rule: 'every other shard of an emptied directory is fenced',
    file: 'operations/unlinking.ts',
    from: 'const fences = new Set(covering.map(({ id }) => id))',
    to: 'const fences = new Set(emptied)',
    scenario: 'a directory filled and emptied in other shards',
  },
  {
    rule: 'a marker is no evidence that a directory is linked',
    file: 'operations/plan.ts',
    from: 'holdsDocumentOf(shard.state, path.directory)',
    to: 'shard.state.directories.has(path.directory)',
    scenario: 'a nested directory filled and emptied',
  },
  {
    rule: 'an unsettled write is sent again and not planned anew',
    file: 'vault/requests.ts',
    from: 'unsettled ??= { error }',
    to: "if (code === 'ERR_UNAVAILABLE') return { kind: 'conflict' }\n        unsettled ??= { error }",
    scenario: 'two counters, a write astray',
  },
  {
    rule: 'a conflict is searched for the own write',
    file: 'vault/requests.ts',
    from: 'const finding = await write.inspect()',
    to: "const found = await write.inspect()\n      const finding: Finding = found.kind === 'current' && write.expected === null ? found : { kind: 'not-applied' }",
    scenario: 'two counters, a write astray',
  },
  {
    rule: 'the whole log is searched',
    file: 'format/sequence-log.ts',
    from: 'return log.entries.some((entry) => entry.writeId === writeId) || log.olderIds.includes(writeId)',
    to: 'return log.entries.at(-1)?.writeId === writeId',
    scenario: 'two counters, a write astray',
  },
  {
    rule: 'a refused re-send settles nothing',
    file: 'vault/requests.ts',
    from: 'if (unsettled === null && code !== undefined && REFUSALS.has(code))',
    to: 'if (code !== undefined && REFUSALS.has(code))',
    scenario: 'two counters, two writes astray',
  },
  {
    rule: 'a committed removal is not planned again',
    file: 'operations/fold.ts',
    from: '({ path, after }) => after !== null && !operation.removed.has(path.path)',
    to: '({ after }) => after !== null',
    scenario: 'a prune and what was put back',
  },
  {
    rule: 'markers are written before the documents',
    file: 'operations/execution.ts',
    from: 'await this.#writeMarkers()\n    await this.#writeDocuments()',
    to: 'await Promise.all([this.#writeMarkers(), this.#writeDocuments()])',
    scenario: 'a directory filled and emptied',
  },
  {
    rule: 'unlinking waits for the fences',
    file: 'operations/execution.ts',
    from: "        return verdict?.kind === 'committed' && verdict.current && whole",
    to: '        return verdict !== undefined && whole',
    scenario: 'a directory filled and emptied',
  },
  {
    rule: 'the right neighbour is followed',
    file: 'operations/view.ts',
    from: 'if (hi === null || next === null || key < hi) return shard',
    to: 'return shard',
    scenario: 'a split under a put',
  },
  {
    rule: 'an absence is not reported from a stale cache',
    file: 'operations/plan.ts',
    from: 'if (view.manager.cache.fresh(id, operation.context.freshness) !== view.base(id)) stale.add(id)',
    to: 'if (view.base(id) === undefined) stale.add(id)',
    scenario: 'a removal from an old cache',
  },
  {
    rule: 'a read that was sent earlier is not shared',
    file: 'shards/shared-reads.ts',
    from: 'if (this.#unsent.get(id) === request) this.#unsent.delete(id)',
    to: 'result.finally(() => this.#unsent.delete(id)).catch(() => undefined)',
    scenario: 'a slow read and a later one, a slow answer',
  },
  {
    rule: 'the map is changed only once the split is confirmed',
    file: 'shards/manager.ts',
    from: "if (outcome.kind === 'superseded') this.#adopt(cut.siblings)",
    to: 'this.#adopt(cut.siblings)',
    scenario: 'two splits of one shard',
  },
  {
    rule: 'what a plan only read is confirmed by its writes',
    file: 'operations/execution.ts',
    from: 'if (verdicts.size === 0 && this.#confirmed(shards)) return true',
    to: 'if (verdicts.size === 0) return true',
    scenario: 'a prune and a put on an old cache',
  },
]
