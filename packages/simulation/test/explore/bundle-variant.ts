import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build, type Plugin } from 'vite'
import type * as Attacks from '../../src/attacks/index.ts'
import type * as Exploration from '../../src/explore/index.ts'
import type { Change } from './variants/variant.ts'

const packages = fileURLToPath(new URL('../../../', import.meta.url))

/** What can be bundled over a changed engine: rooms of packages/simulation/src. */
interface Rooms {
  readonly explore: typeof Exploration
  readonly attacks: typeof Attacks
}

/** Makes the changes while their files are bundled; fails where a text has changed meanwhile. */
function change(changes: readonly Change[], missing: Set<Change>): Plugin {
  return {
    name: 'change-a-rule',
    enforce: 'pre',
    transform(code, id) {
      let changed = code
      for (const each of changes.filter(({ file }) => id === join(packages, file))) {
        const { file, from, to } = each
        if (changed.split(from).length !== 2) throw new Error(`${file} does not hold "${from}" exactly once.`)
        changed = changed.replace(from, () => to)
        missing.delete(each)
      }
      return changed === code ? null : changed
    },
  }
}

/** A room of the simulation over an engine whose source text is changed. */
export async function bundleVariant<R extends keyof Rooms>(changes: readonly Change[], room: R): Promise<Rooms[R]> {
  const missing = new Set(changes)
  const output = await build({
    configFile: false,
    logLevel: 'silent',
    plugins: [change(changes, missing)],
    resolve: {
      alias: [
        { find: /^@vaultdb\/core$/, replacement: join(packages, 'core/src/index.ts') },
        { find: '@vaultdb/core/maintenance', replacement: join(packages, 'core/src/maintenance/index.ts') },
      ],
    },
    build: {
      write: false,
      target: 'node20',
      minify: false,
      ssr: join(packages, 'simulation/src', room, 'index.ts'),
    },
    ssr: { noExternal: true },
  })
  for (const { file } of missing) throw new Error(`${file} is not part of the bundle.`)
  const [bundle] = Array.isArray(output) ? output : [output]
  if (bundle === undefined || !('output' in bundle)) throw new Error('Nothing was bundled.')
  const folder = await mkdtemp(join(tmpdir(), 'variant-'))
  try {
    for (const file of bundle.output) {
      if (file.type === 'chunk')
        await writeFile(join(folder, `${file.fileName}.mjs`.replace(/\.m?js\.mjs$/, '.mjs')), file.code)
    }
    const entry = bundle.output
      .find((file) => file.type === 'chunk' && file.isEntry)
      ?.fileName.replace(/\.m?js$/, '.mjs')
    return (await import(/* @vite-ignore */ pathToFileURL(join(folder, entry as string)).href)) as Rooms[R]
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
