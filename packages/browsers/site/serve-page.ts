import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { pageFor, type Site, STRICT_POLICY, serveFiles } from './serve-files.ts'

/** The page's module and its workers', bundled as an application would do it: file name to content. */
async function bundle(modules: readonly URL[]): Promise<Map<string, string>> {
  const paths = modules.map((module) => fileURLToPath(module))
  const outcome = await build({
    configFile: false,
    root: dirname(paths[0] ?? ''),
    logLevel: 'error',
    resolve: { tsconfigPaths: true },
    build: {
      write: false,
      modulePreload: false,
      rolldownOptions: {
        input: Object.fromEntries(paths.map((path) => [basename(path, '.ts'), path])),
        output: { entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
      },
    },
  })
  if (!('output' in outcome)) throw new Error('The bundler did not answer with one bundle.')
  return new Map(outcome.output.flatMap((file) => (file.type === 'chunk' ? [[file.fileName, file.code]] : [])))
}

/**
 * Serves a page that runs the first module; the others lie beside it under their names, for workers. `policy` is its content
 * security policy.
 */
export async function servePage(modules: readonly [URL, ...URL[]], policy: string = STRICT_POLICY): Promise<Site> {
  const files = await bundle(modules)
  return serveFiles(files.set('index.html', pageFor(basename(modules[0].pathname).replace(/\.ts$/, '.js'))), policy)
}
