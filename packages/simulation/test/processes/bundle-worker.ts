import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'vite'

const packages = fileURLToPath(new URL('../../../', import.meta.url))

/** One change of a source text: a rule switched off. */
export interface SourceChange {
  /** Below `packages`. */
  readonly file: string
  /** Stands in that file exactly once. */
  readonly from: string
  readonly to: string
}

function changing({ file, from, to }: SourceChange): Plugin {
  return {
    name: 'change-a-rule',
    enforce: 'pre',
    transform(code, id) {
      if (!id.endsWith(file)) return null
      if (code.split(from).length !== 2) throw new Error(`${file} does not hold "${from}" exactly once.`)
      return code.replace(from, () => to)
    },
  }
}

/**
 * Bundles what a process runs, with core and store from their sources as they are now but for one `change`, into `folder`.
 * Node's own `fs` stays outside, so that its calls can be counted. Answers the script's path.
 */
export async function bundleWorker(folder: string, change?: SourceChange): Promise<string> {
  await build({
    configFile: false,
    root: packages,
    logLevel: 'error',
    publicDir: false,
    plugins: change === undefined ? [] : [changing(change)],
    resolve: {
      alias: [
        { find: /^@vaultdb\/core$/, replacement: join(packages, 'core/src/index.ts') },
        { find: /^@vaultdb\/fs$/, replacement: join(packages, 'fs/src/index.ts') },
      ],
    },
    ssr: { noExternal: true },
    build: {
      ssr: join(packages, 'simulation/src/processes/worker-main.ts'),
      outDir: folder,
      minify: false,
      target: 'node20',
      rollupOptions: { output: { entryFileNames: 'worker.mjs' } },
    },
  })
  return join(folder, 'worker.mjs')
}
