import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'esbuild'

/** The built packages stay imports, for the runtime to find them; so do the sources of the core that its tests import. */
const builtPackages: Plugin = {
  name: 'built packages',
  setup({ onResolve }) {
    onResolve({ filter: /^@vaultdb\// }, ({ path }) => ({ path, external: true }))
    onResolve({ filter: /\/src\/index\.ts$/ }, () => ({ path: '@vaultdb/core', external: true }))
    onResolve({ filter: /\/src\/maintenance\/index\.ts$/ }, () => ({
      path: '@vaultdb/core/maintenance',
      external: true,
    }))
  },
}

/** Writes the program of the trials to `file`, which must lie where the packages can be imported by their names. */
export async function bundleProgram(file: string): Promise<void> {
  await build({
    entryPoints: [fileURLToPath(new URL('program.ts', import.meta.url))],
    outfile: file,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'es2022',
    logLevel: 'warning',
    plugins: [builtPackages],
  })
}
