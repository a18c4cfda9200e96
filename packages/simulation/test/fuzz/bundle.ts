import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build, type Plugin } from 'vite'

const packages = fileURLToPath(new URL('../../../', import.meta.url))

/** One change to one file of a package while it is bundled: a defect planted to be found. */
export interface PlantedDefect {
  /** Below `packages/`. */
  readonly file: string
  readonly from: string
  readonly to: string
}

function plant({ file, from, to }: PlantedDefect): Plugin {
  return {
    name: 'plant-a-defect',
    enforce: 'pre',
    transform(code, id) {
      if (!id.endsWith(`/${file}`)) return null
      if (code.split(from).length !== 2) throw new Error(`${file} does not hold "${from}" exactly once.`)
      return code.replace(from, () => to)
    },
  }
}

/** Everything that `fuzzing.ts` needs, in one folder of JavaScript that Node runs as it is; resolves to the module's address. */
export async function bundleFuzzing(defect?: PlantedDefect): Promise<URL> {
  const source = (path: string): string => join(packages, path)
  const output = await build({
    configFile: false,
    logLevel: 'silent',
    plugins: defect === undefined ? [] : [plant(defect)],
    resolve: {
      alias: [
        { find: /^@vaultdb\/core$/, replacement: source('core/src/index.ts') },
        { find: '@vaultdb/core/maintenance', replacement: source('core/src/maintenance/index.ts') },
        { find: '@vaultdb/fs', replacement: source('fs/src/index.ts') },
      ],
    },
    build: { write: false, target: 'node20', minify: false, ssr: source('simulation/test/fuzz/fuzzing.ts') },
    ssr: { noExternal: true },
  })
  const [bundle] = Array.isArray(output) ? output : [output]
  if (bundle === undefined || !('output' in bundle)) throw new Error('Nothing was bundled.')
  const folder = await mkdtemp(join(tmpdir(), 'fuzzing-'))
  await writeFile(join(folder, 'package.json'), '{"type":"module"}')
  let entry: string | undefined
  for (const file of bundle.output) {
    if (file.type !== 'chunk') continue
    if (file.isEntry) entry = file.fileName
    await writeFile(join(folder, file.fileName), file.code)
  }
  if (entry === undefined) throw new Error('The bundle has no entry.')
  return pathToFileURL(join(folder, entry))
}
