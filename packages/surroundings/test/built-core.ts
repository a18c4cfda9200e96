import type { Plugin } from 'esbuild'

/** Tests of the core import its sources; where those are bundled, the built package takes their place. */
export const builtCore: Plugin = {
  name: 'built core',
  setup({ onResolve, resolve }) {
    const { dirname: resolveDir } = import.meta
    const kind = 'import-statement'
    onResolve({ filter: /\/core\/src\/index\.ts$|^\.\.\/src\/index\.ts$/ }, () =>
      resolve('@vaultdb/core', { resolveDir, kind }),
    )
    onResolve({ filter: /^\.\.\/src\/maintenance\/index\.ts$/ }, () =>
      resolve('@vaultdb/core/maintenance', { resolveDir, kind }),
    )
  },
}
