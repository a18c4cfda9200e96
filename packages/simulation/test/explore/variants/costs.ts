import type { Variant } from './variant.ts'

/** That an operation asks the store for no more than it needs. */
export const COSTS: readonly Variant[] = [
  {
    rule: 'a shard that is known is not read before it is written',
    changes: [
      {
        file: 'core/src/operations/operation.ts',
        from: 'basesSinceTick: number = -1',
        to: 'basesSinceTick: number = Number.MAX_SAFE_INTEGER',
      },
    ],
    scenario: 'two counters',
    notices:
      /^Requests beyond the bound: 1 reads, 1 writes and 0 of the root file in 2 rounds instead of at most 0, 1 and 0 in 1 for/,
  },
  {
    rule: 'a document of the same directory saves the writing of markers',
    changes: [
      {
        file: 'core/src/operations/plan.ts',
        from: "after === null || before !== null || path.directory === '/' || holdsDocumentOf(shard.state, path.directory)",
        to: "after === null || path.directory === '/'",
      },
    ],
    scenario: 'a directory filled twice and emptied',
    notices:
      /^Requests beyond the bound: 0 reads, 2 writes and 0 of the root file in 2 rounds instead of at most 0, 1 and 0 in 1 for/,
  },
  {
    rule: 'the root file is not read where nothing has been split',
    changes: [
      {
        file: 'core/src/operations/reads.ts',
        from: 'const shard = await manager.locate(',
        to: 'await manager.refreshRoot(signal)\n  const shard = await manager.locate(',
      },
    ],
    scenario: 'a counter that is read',
    notices:
      /^Requests beyond the bound: 1 reads, 0 writes and 1 of the root file in 2 rounds instead of at most 1, 0 and 0 in 1 for/,
  },
]
