import { join } from 'node:path'
import { build } from 'vite'
import { changeSources, PACKAGES, SOURCES, type SourceChange } from '../changed-sources.ts'

/**
 * Bundles what a process runs, with core and store from their sources as they are now but for one `change`, into `folder`.
 * Node's own `fs` stays outside, so that its calls can be counted. Answers the script's path.
 */
export async function bundleWorker(folder: string, change?: SourceChange): Promise<string> {
  await build({
    configFile: false,
    root: PACKAGES,
    logLevel: 'error',
    publicDir: false,
    plugins: [changeSources(change === undefined ? [] : [change])],
    resolve: { alias: [...SOURCES] },
    ssr: { noExternal: true },
    build: {
      ssr: join(PACKAGES, 'simulation/src/processes/worker-main.ts'),
      outDir: folder,
      minify: false,
      target: 'node20',
      rollupOptions: { output: { entryFileNames: 'worker.mjs' } },
    },
  })
  return join(folder, 'worker.mjs')
}
