import { UNEXPLAINED, type Variant } from './variant.ts'

/** That what is answered was so while the operation ran. */
export const READING: readonly Variant[] = [
  {
    rule: 'an absence is not reported from a stale cache',
    changes: [
      {
        file: 'core/src/operations/plan.ts',
        from: 'if (view.manager.cache.fresh(id, freshness) !== view.base(id)) stale.add(id)',
        to: 'if (view.base(id) === undefined) stale.add(id)',
      },
    ],
    scenario: 'a removal from an old cache',
    notices: UNEXPLAINED,
  },
  {
    rule: 'what a plan only read is confirmed by its writes',
    changes: [
      {
        file: 'core/src/operations/execution.ts',
        from: 'if (verdicts.size === 0 && this.#confirmed(shards)) return true',
        to: 'if (verdicts.size === 0) return true',
      },
    ],
    scenario: 'a prune and a put on an old cache',
    notices: UNEXPLAINED,
  },
  {
    rule: 'a read that was sent earlier is not shared',
    changes: [
      {
        file: 'core/src/shards/shared-reads.ts',
        from: 'if (!signal.aborted) this.#unsent.delete(id)\n      return await this.#read(id, signal)',
        to: 'return await this.#read(id, signal).finally(() => this.#unsent.delete(id))',
      },
    ],
    scenario: 'a slow read and a later one, a slow answer',
    notices: UNEXPLAINED,
  },
  {
    rule: 'freshness goes by when a request was sent',
    changes: [
      {
        file: 'core/src/vault/requests.ts',
        from: 'return { blob, sentTick, sentAtMs }',
        to: 'return { blob, sentTick: this.#tick, sentAtMs }',
      },
    ],
    scenario: 'a slow read and a removal, a slow answer',
    notices: UNEXPLAINED,
    seed: 5,
  },
  {
    rule: 'a cached shard is not changed by a write that fails',
    changes: [
      {
        file: 'core/src/shards/change.ts',
        from: 'const directories = new Map(base.directories)',
        to: 'const directories = base.directories as Map<string, DirectoryItems>',
      },
      {
        file: 'core/src/shards/change.ts',
        from: 'items = new Map(directories.get(directory))',
        to: 'items = (directories.get(directory) ?? new Map()) as Map<string, Item>',
      },
    ],
    scenario: 'a counter that is read, a write astray',
    notices: UNEXPLAINED,
  },
  {
    rule: 'a shard that is missing is not empty',
    changes: [
      {
        file: 'core/src/shards/manager.ts',
        from: 'if (blob === null) throw missingFile(shardFile(id))',
        to: "if (blob === null) return { id, version: '', hash: new Uint8Array(32), state: { ...(known as LoadedShard).state, directories: new Map() } }",
      },
    ],
    scenario: 'a reader beside a mover, a torn read',
    notices: UNEXPLAINED,
  },
  {
    rule: 'what looks damaged is read again where reads may be torn',
    changes: [{ file: 'core/src/vault/reading.ts', from: 'torn: 5', to: 'torn: 0' }],
    scenario: 'a reader beside a mover, a torn read',
    notices: /^A failure that no fault explains \(ERR_CORRUPT\)/,
  },
  {
    rule: 'a cached document is not changed by a function that throws',
    changes: [
      {
        file: 'core/src/format/document.ts',
        from: '  toValue(): unknown {\n    return JSON.parse(this.text)\n  }',
        to: '  value: unknown\n  toValue(): unknown {\n    this.value ??= JSON.parse(this.text)\n    return this.value\n  }',
      },
    ],
    scenario: 'an update that is refused by its function, and a reader',
    notices: UNEXPLAINED,
  },
  {
    rule: 'an older body does not replace a newer one in the cache',
    changes: [
      {
        file: 'core/src/shards/cache.ts',
        from: '    if (entry !== undefined && entry.shard.state.seq > shard.state.seq) return entry.shard\n',
        to: '',
      },
    ],
    scenario: 'a task that reads and updates, a slow answer',
    notices: UNEXPLAINED,
  },
]
