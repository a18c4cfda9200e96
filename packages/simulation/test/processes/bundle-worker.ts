import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const packages = fileURLToPath(new URL('../../../', import.meta.url))

/**
 * Bundles a script that a process runs, with core and store from their sources as they are now, into `folder`. Node's own `fs`
 * stays outside, so that its calls can be counted. Answers the script's path.
 */
export async function bundleWorker(script: string, folder: string): Promise<string> {
  await build({
    configFile: false,
    root: packages,
    logLevel: 'error',
    publicDir: false,
    resolve: {
      alias: [
        { find: /^@vaultdb\/core$/, replacement: join(packages, 'core/src/index.ts') },
        { find: /^@vaultdb\/fs$/, replacement: join(packages, 'fs/src/index.ts') },
      ],
    },
    ssr: { noExternal: true },
    build: {
      ssr: script,
      outDir: folder,
      minify: false,
      target: 'node20',
      rollupOptions: { output: { entryFileNames: 'worker.mjs' } },
    },
  })
  return join(folder, 'worker.mjs')
}
