import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vite'

/** The folder of all packages. */
export const PACKAGES: string = fileURLToPath(new URL('../../', import.meta.url))

/** The packages' names, resolved to their sources as they are now. */
export const SOURCES: readonly { readonly find: RegExp; readonly replacement: string }[] = [
  { find: /^@vaultdb\/core$/, replacement: join(PACKAGES, 'core/src/index.ts') },
  { find: /^@vaultdb\/core\/adapter$/, replacement: join(PACKAGES, 'core/src/adapter/index.ts') },
  { find: /^@vaultdb\/core\/maintenance$/, replacement: join(PACKAGES, 'core/src/maintenance/index.ts') },
  { find: /^@vaultdb\/fs$/, replacement: join(PACKAGES, 'fs/src/index.ts') },
]

/** One change of source text: a rule switched off, a defect planted. */
export interface SourceChange {
  /** Below packages. */
  readonly file: string
  /** Stands in that file exactly once. */
  readonly from: string
  readonly to: string
}

/** Makes the changes while their files are bundled; fails where a text has changed meanwhile, or is not part of the bundle. */
export function changeSources(changes: readonly SourceChange[]): Plugin {
  const missing = new Set(changes)
  return {
    name: 'change-sources',
    enforce: 'pre',
    transform(code, id) {
      let changed = code
      for (const each of changes.filter(({ file }) => id === join(PACKAGES, file))) {
        const { file, from, to } = each
        if (changed.split(from).length !== 2) throw new Error(`${file} does not hold "${from}" exactly once.`)
        changed = changed.replace(from, () => to)
        missing.delete(each)
      }
      return changed === code ? null : changed
    },
    buildEnd(error) {
      if (error !== undefined) return
      for (const { file } of missing) throw new Error(`${file} is not part of the bundle.`)
    },
  }
}
