// Mutation testing; `npm run mutation` adds the files, room by room. Read docs/testing.md.

export default {
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner', './scripts/mutation/error-messages.mjs'],
  ignorers: ['error-messages'],
  vitest: { configFile: 'vitest.mutation.config.ts', related: false },
  // The tests need no more than this in the copy that they run in.
  ignorePatterns: ['.setup', 'docs', 'examples', 'packages/cli', 'packages/fs', '**/dist', '**/bench', '*.md'],
  coverageAnalysis: 'perTest',
  incremental: true,
  // A loop without an end is noticed by counting, an answer that never comes by the test's own limit. This is for the
  // rest, and long, because what is slow on a busy machine must not count as killed.
  timeoutMS: 10_000,
  timeoutFactor: 2,
  disableTypeChecks: false,
  cleanTempDir: 'always',
  reporters: [process.stdout.isTTY ? 'progress' : 'progress-append-only'],
  warnings: false,
  logLevel: 'warn',
}
