import { UNEXPLAINED, type Variant } from './variant.ts'

/** How old an answer may be that was asked for with an age, or in a task. */
export const AGES: readonly Variant[] = [
  {
    rule: 'an answer is no older than was asked for',
    changes: [
      {
        file: 'core/src/database/documents.ts',
        from: 'requests.runtime.monotonicMs() - maxAgeMs',
        to: 'requests.runtime.monotonicMs() - 2 * maxAgeMs',
      },
    ],
    scenario: 'reads of a certain age, and a writer',
    notices: UNEXPLAINED,
  },
  {
    rule: 'a task keeps what was read since it began, and nothing older',
    changes: [
      {
        file: 'core/src/database/database.ts',
        from: 'const scope = { since: this.#engine.manager.requests.tick, signal',
        to: 'const scope = { since: 0, signal',
      },
    ],
    scenario: 'a task after another operation, and a writer, a slow answer',
    notices: UNEXPLAINED,
  },
  {
    rule: 'nothing is answered from a shard as it was before a split that is known',
    changes: [
      {
        file: 'core/src/shards/cache.ts',
        from: 'isRecent && !this.#map.knowsSplitOf(entry.shard.state, sentTick) ? entry.shard : undefined',
        to: 'isRecent ? entry.shard : undefined',
      },
    ],
    scenario: 'a task that splits a shard, while a rival splits one that it has read',
    notices: UNEXPLAINED,
  },
]
