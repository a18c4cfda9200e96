import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'vite'
import type * as Attacks from '../../src/attacks/index.ts'
import type * as Exploration from '../../src/explore/index.ts'
import { changeSources, PACKAGES, SOURCES, type SourceChange } from '../changed-sources.ts'

/** What can be bundled over a changed engine: rooms of packages/simulation/src. */
interface Rooms {
  readonly explore: typeof Exploration
  readonly attacks: typeof Attacks
}

/** A room of the simulation over an engine whose source text is changed. */
export async function bundleVariant<R extends keyof Rooms>(
  changes: readonly SourceChange[],
  room: R,
): Promise<Rooms[R]> {
  const output = await build({
    configFile: false,
    logLevel: 'silent',
    plugins: [changeSources(changes)],
    resolve: { alias: [...SOURCES] },
    build: {
      write: false,
      target: 'node20',
      minify: false,
      ssr: join(PACKAGES, 'simulation/src', room, 'index.ts'),
    },
    ssr: { noExternal: true },
  })
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
