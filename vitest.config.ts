import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const source = (path: string): string => fileURLToPath(new URL(`./packages/${path}`, import.meta.url))

export default defineConfig({
  resolve: {
    alias: [
      { find: /^@vaultdb\/core$/, replacement: source('core/src/index.ts') },
      { find: '@vaultdb/core/adapter', replacement: source('core/src/adapter/index.ts') },
      { find: '@vaultdb/core/maintenance', replacement: source('core/src/maintenance/index.ts') },
      { find: '@vaultdb/core/testing', replacement: source('core/src/testing/index.ts') },
      { find: /^@vaultdb\/dropbox$/, replacement: source('dropbox/src/index.ts') },
      { find: '@vaultdb/dropbox-emulator', replacement: source('dropbox-emulator/src/index.ts') },
      { find: '@vaultdb/fs', replacement: source('fs/src/index.ts') },
      { find: '@vaultdb/indexeddb', replacement: source('indexeddb/src/index.ts') },
      { find: '@vaultdb/localstorage', replacement: source('localstorage/src/index.ts') },
      { find: '@vaultdb/remotestorage', replacement: source('remotestorage/src/index.ts') },
      { find: '@vaultdb/s3', replacement: source('s3/src/index.ts') },
      { find: 'vaultdb/csv', replacement: source('cli/src/csv.ts') },
    ],
  },
  test: {
    testTimeout: 60_000,
    setupFiles: ['scripts/test/expectations.mjs'],
    // One worker a core: by default one is kept free, which on two cores is half of the machine.
    maxWorkers: availableParallelism(),
    projects: [
      {
        extends: true,
        test: {
          name: 'fast',
          include: ['packages/*/test/**/*.test.ts', 'examples/*/test/**/*.test.{ts,mjs}', 'scripts/test/**/*.test.mjs'],
        },
      },
      // What takes minutes: many thousand histories, attacks, inputs, killed processes.
      {
        extends: true,
        test: {
          name: 'proof',
          include: ['packages/*/test/**/*.proof.ts'],
          exclude: ['packages/s3/**', 'packages/cli/test/s3/**'],
          testTimeout: 600_000,
        },
      },
      // What needs a Ceph gateway, which is started once for all of them.
      {
        extends: true,
        test: {
          name: 's3',
          include: ['packages/s3/test/**/*.proof.ts', 'packages/cli/test/s3/**/*.proof.ts'],
          globalSetup: 'packages/s3/test/server/global-setup.ts',
          testTimeout: 600_000,
        },
      },
    ],
  },
})
