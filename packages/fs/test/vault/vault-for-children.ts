import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { SOURCES } from '../../../simulation/test/changed-sources.ts'
import type { CounterInput } from './children/counter.ts'
import type { WriterInput } from './children/operations.ts'

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** Bundles the scripts of the folder `children` with core and store, from their sources as they are now. */
export async function bundleChildren(folder: string): Promise<string> {
  const outDir = join(folder, 'children')
  await build({
    configFile: false,
    root: source('../..'),
    logLevel: 'error',
    publicDir: false,
    resolve: { alias: [...SOURCES] },
    ssr: { noExternal: true },
    build: {
      ssr: true,
      outDir,
      minify: false,
      target: 'node20',
      rollupOptions: {
        input: { counter: source('children/counter.ts'), writer: source('children/writer.ts') },
        output: { entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' },
      },
    },
  })
  return outDir
}

/** Starts a bundled script. */
export function startWorker(children: string, script: 'counter', input: CounterInput): ChildProcess
export function startWorker(children: string, script: 'writer', input: WriterInput): ChildProcess
export function startWorker(children: string, script: string, input: object): ChildProcess {
  const args = [join(children, `${script}.mjs`), JSON.stringify(input)]
  return spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
}
