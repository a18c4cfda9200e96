import type { Variant } from './variant.ts'

/** That a vault which another has begun is finished, and not begun again. */
export const CREATION: readonly Variant[] = [
  {
    rule: "a slow creator's first shard is not taken for an empty one",
    changes: [
      {
        file: 'core/src/shards/manager.ts',
        from: 'const { version } = await this.#fetch(FIRST_SHARD)',
        to: 'const { blob } = await this.requests.read(shardFile(FIRST_SHARD), {})\n      const { version } = blob as { readonly version: Version }',
      },
    ],
    scenario: 'a creator and another',
    notices: /"shards\/0" does not descend from what this device has seen/,
  },
  {
    rule: 'a vault that a creator left half made is finished by who opens it',
    changes: [
      { file: 'core/src/database/engine.ts', from: 'if (root.config.pending) await finishPending(engine)', to: '' },
    ],
    scenario: 'a vault left half made and two who find it',
    notices: /"shards\/0" is missing from the store/,
  },
]
