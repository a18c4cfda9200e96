import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import base from './vitest.config.ts'

/**
 * What derives keys at full price, which on a busy machine looks like an endless loop; what costs seconds and finds
 * nothing that the others do not; and what tests no room that is mutated.
 */
const LEFT_OUT: readonly string[] = [
  'packages/core/test/database/password.test.ts',
  'packages/core/test/scenario.test.ts',
  'packages/core/test/vectors/format-vectors.test.ts',
  'packages/core/test/tampering/files.test.ts',
  'packages/core/test/format/vectors.test.ts',
  'packages/core/test/path/**',
  'packages/core/test/properties/linearizability.test.ts',
]

/** The tests of this room cost the others time and judge nothing there. */
const STORE_TESTS = 'packages/core/test/store/**'

/**
 * The order of the tests: those that find most in the least time first, because a mutant's run ends at its first
 * failure. What is not named comes between the two lists.
 */
const FIRST: readonly string[] = [
  'core/test/store/',
  'core/test/crypto/',
  'core/test/format/',
  'core/test/vault/',
  'core/test/shards/',
  'core/test/operations/',
]
const LAST: readonly string[] = [
  'core/test/maintenance/',
  'core/test/database/hostile-input',
  'core/test/properties/',
  'core/test/vectors/',
  'core/test/database/lost-answers',
  'simulation/test/explore/',
]

function rank({ moduleId }: TestSpecification): number {
  const last = LAST.findLastIndex((part) => moduleId.includes(part))
  if (last !== -1) return FIRST.length + 1 + last
  const first = FIRST.findIndex((part) => moduleId.includes(part))
  return first === -1 ? FIRST.length : first
}

class CheapestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.sort((a, b) => rank(a) - rank(b) || (a.moduleId < b.moduleId ? -1 : 1))
  }
}

/** The tests that judge a mutant (`npm run mutation`); the runner starts them once for each. */
export default defineConfig({
  ...(base.resolve && { resolve: base.resolve }),
  test: {
    include: ['packages/core/test/**/*.test.ts', 'packages/simulation/test/explore/exhaustive.test.ts'],
    exclude: process.env.MUTATED_ROOM === 'store' ? [...LEFT_OUT] : [...LEFT_OUT, STORE_TESTS],
    sequence: { sequencer: CheapestFirst },
    setupFiles: ['scripts/mutation/setup.ts'],
    runner: './scripts/mutation/runner.ts',
    // One thread, new for each mutant, that loads the engine once and not once for each file.
    pool: 'threads',
    isolate: false,
    maxWorkers: 1,
    // Each test takes a thirtieth of this at most; a mutant that never answers takes all of it.
    testTimeout: 10_000,
    env: { RUNS: '20' },
  },
})
