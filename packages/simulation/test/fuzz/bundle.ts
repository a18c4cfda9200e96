import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'vite'
import { changeSources, PACKAGES, SOURCES, type SourceChange } from '../changed-sources.ts'

/** Everything that `fuzzing.ts` needs, in one folder of JavaScript that Node runs as it is; resolves to the module's address. */
export async function bundleFuzzing(defect?: SourceChange): Promise<URL> {
  const output = await build({
    configFile: false,
    logLevel: 'silent',
    plugins: [changeSources(defect === undefined ? [] : [defect])],
    resolve: { alias: [...SOURCES] },
    build: { write: false, target: 'node20', minify: false, ssr: join(PACKAGES, 'simulation/test/fuzz/fuzzing.ts') },
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
    await mkdir(dirname(join(folder, file.fileName)), { recursive: true })
    await writeFile(join(folder, file.fileName), file.code)
  }
  if (entry === undefined) throw new Error('The bundle has no entry.')
  return pathToFileURL(join(folder, entry))
}
