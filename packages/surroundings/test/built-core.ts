import { posix } from 'node:path'
import type { Plugin } from 'esbuild'

/** Tests of the core import its sources; where those are bundled, the built package takes their place. */
export const builtCore: Plugin = {
  name: 'built core',
  setup({ onResolve, resolve }) {
    const { dirname: resolveDir } = import.meta
    const kind = 'import-statement'
    onResolve({ filter: /(^(\.\.\/)+|\/core\/)src\/((maintenance|testing)\/)?index\.ts$/ }, ({ path }) => {
      const [, part = ''] = /src\/(\w+)\/index\.ts$/.exec(path) ?? []
      return resolve(posix.join('@vaultdb/core', part), { resolveDir, kind })
    })
  },
}
