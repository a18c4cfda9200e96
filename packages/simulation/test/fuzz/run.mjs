// `npm run fuzz`: loads the program from its sources, so that what is tried is the code as it stands.

import { fileURLToPath } from 'node:url'
import { runnerImport } from 'vite'

const packages = fileURLToPath(new URL('../../../', import.meta.url))
const { module } = await runnerImport(fileURLToPath(new URL('program.ts', import.meta.url)), {
  configFile: false,
  resolve: {
    alias: [
      { find: /^@vaultdb\/core$/, replacement: `${packages}core/src/index.ts` },
      { find: '@vaultdb/core/adapter', replacement: `${packages}core/src/adapter/index.ts` },
      { find: '@vaultdb/core/maintenance', replacement: `${packages}core/src/maintenance/index.ts` },
      { find: '@vaultdb/dropbox', replacement: `${packages}dropbox/src/index.ts` },
      { find: '@vaultdb/fs', replacement: `${packages}fs/src/index.ts` },
      { find: '@vaultdb/remotestorage', replacement: `${packages}remotestorage/src/index.ts` },
      { find: '@vaultdb/s3', replacement: `${packages}s3/src/index.ts` },
    ],
  },
})
process.exitCode = await module.main(process.argv.slice(2))
