import { UNEXPLAINED, type Variant } from './variant.ts'

/** That no document is lost or hidden where a shard is cut. */
export const SPLITS: readonly Variant[] = [
  {
    rule: 'who writes follows the right neighbour',
    changes: [
      {
        file: 'core/src/operations/view.ts',
        from: 'if (hi === null || next === null || key < hi) return shard',
        to: 'return shard',
      },
    ],
    scenario: 'a split under a put',
    notices: /^Shard 0 holds \/a\/\d, which lies outside its range\.$/,
  },
  {
    rule: 'who reads follows the right neighbour',
    changes: [
      {
        file: 'core/src/shards/manager.ts',
        from: 'if (hi === null || next === null || key < hi) return shard',
        to: 'return shard',
      },
    ],
    scenario: 'a split and reads of everything',
    notices: UNEXPLAINED,
  },
  {
    rule: 'who lists follows the right neighbour',
    changes: [
      {
        file: 'core/src/shards/manager.ts',
        from: 'if (hi === null || next === null || (last !== null && hi > last)) return covering',
        to: 'return [...loaded.values()]',
      },
    ],
    scenario: 'a split and a reader',
    notices: UNEXPLAINED,
  },
  {
    rule: 'the map is changed only once the split is confirmed',
    changes: [
      {
        file: 'core/src/shards/manager.ts',
        from: "if (outcome.kind === 'superseded') this.#adopt(cut.siblings)",
        to: 'this.#adopt(cut.siblings)',
      },
    ],
    scenario: 'two splits of one shard',
    notices: /^The map names shard \S+, which nothing reaches\.$/,
  },
  {
    rule: 'a split is not applied to a shard that has changed since',
    changes: [
      {
        file: 'core/src/shards/manager.ts',
        from: '    let data: Uint8Array\n    try {\n      data = await encodeShardFile(this.#root.shardContext, base.id, cut.state)',
        to: '    let data: Uint8Array\n    const newest = cut.siblings.length > 0 ? await this.#fetch(base.id) : base\n    const newSeq = newest.state.seq + 1\n    const log = appendToLog(newest.state.log, { ...newEntry(runtime, newSeq, newest.hash, newest.hash, removed), writeId })\n    try {\n      data = await encodeShardFile(this.#root.shardContext, base.id, { ...cut.state, seq: newSeq, log })',
      },
      { file: 'core/src/shards/manager.ts', from: 'expected: base.version,', to: 'expected: newest.version,' },
    ],
    scenario: 'a split and a removal',
    notices: /^Shard \S+ is born with another write counter than the split's\.$/,
  },
  {
    rule: 'a split commits only siblings that are known to exist',
    changes: [
      {
        file: 'core/src/shards/splitter.ts',
        from: 'if (siblings.some((sibling) => sibling === null)) return whole',
        to: 'if (siblings.length === 0) return whole',
      },
    ],
    scenario: 'a split under a put, a write astray',
    notices: /^Shard \S+ is missing\.$/,
  },
  {
    rule: 'a sibling goes on with the write counter of the split',
    changes: [
      {
        file: 'core/src/shards/split.ts',
        from: '      seq: state.seq,\n',
        to: '      seq: index === 0 ? state.seq : 1,\n',
      },
      {
        file: 'core/src/shards/split.ts',
        from: 'log: narrowLog(state.log, owns),',
        to: 'log: index === 0 ? state.log : { entries: state.log.entries.slice(-1).map((entry) => ({ ...entry, seq: 1 })), olderIds: [] },',
      },
      {
        file: 'core/src/shards/split.ts',
        from: 'for (const { directory, item } of part.items) {',
        to: 'for (const { directory, item: old } of part.items) {\n      const item = index === 0 ? old : { ...old, seq: 1 }',
      },
    ],
    scenario: 'a split under a put',
    notices: /^Shard \S+ is born with another write counter than the split's\.$/,
  },
  {
    rule: 'a sibling goes on with the log of the split',
    changes: [
      {
        file: 'core/src/shards/split.ts',
        from: 'log: narrowLog(state.log, owns),',
        to: "log: index === 0 ? state.log : { entries: state.log.entries.map((entry) => (entry.seq === state.seq ? entry : { ...entry, writeId: 'AAAAAAAAAAA' })), olderIds: [] },",
      },
    ],
    scenario: 'two splits of one shard',
    notices: /^Shard \S+ is born without the log of the split\.$/,
  },
]
