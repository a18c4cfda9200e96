import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build, type Plugin } from 'vite'
import type * as Exploration from '../../src/explore/index.ts'
import type { Variant } from './variants.ts'

const packages = fileURLToPath(new URL('../../../', import.meta.url))

/** Makes the variant's one change while its file is bundled; fails where the text has changed meanwhile. */
function change({ file, from, to }: Variant, done: () => void): Plugin {
  return {
    name: 'change-a-rule',
    enforce: 'pre',
    transform(code, id) {
      if (!id.endsWith(`core/src/${file}`)) return null
      if (code.split(from).length !== 2) throw new Error(`${file} does not hold "${from}" exactly once.`)
      done()
      return code.replace(from, () => to)
    },
  }
}

/** The simulation over an engine with one rule switched off. */
export async function bundleVariant(variant: Variant): Promise<typeof Exploration> {
  let changed = false
  const output = await build({
    configFile: false,
    logLevel: 'silent',
    plugins: [
      change(variant, () => {
        changed = true
      }),
    ],
    resolve: { alias: { '@vaultdb/core': join(packages, 'core/src/index.ts') } },
    build: {
      write: false,
      target: 'node20',
      minify: false,
      ssr: join(packages, 'simulation/src/explore/index.ts'),
    },
    ssr: { noExternal: true },
  })
  if (!changed) throw new Error(`${variant.file} is not part of the bundle.`)
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
    return (await import(/* @vite-ignore */ pathToFileURL(join(folder, entry as string)).href)) as typeof Exploration
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
