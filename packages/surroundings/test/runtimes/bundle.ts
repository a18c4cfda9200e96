import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { builtCore } from '../built-core.ts'

/** Writes the program of the trials to `file`, which must lie where the packages can be imported by their names. */
export async function bundleProgram(file: string): Promise<void> {
  await build({
    entryPoints: [fileURLToPath(new URL('program.ts', import.meta.url))],
    outfile: file,
    bundle: true,
    packages: 'external', // for the runtime itself to find
    format: 'esm',
    platform: 'node',
    target: 'es2022',
    logLevel: 'warning',
    plugins: [builtCore],
  })
}
