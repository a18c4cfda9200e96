// Checks what no general linter knows of this project: which room imports which, and that nothing takes the time,
// randomness or a timer from its surroundings. Prints one line for each violation.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkAmbient } from './checks/ambient.mjs'
import { checkCoreLayers, checkPackageImports } from './checks/layers.mjs'
import { loadProgram } from './checks/program.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const packages = join(root, 'packages')
const coreFolder = join(packages, 'core')

/** The files that make a runtime: the platform's own, and the virtual one of the simulation. */
const RUNTIME_MAKERS = new Set(['core/src/runtime.ts', 'simulation/src/virtual-clock.ts'])

/**
 * All violations of one package; `overlay` adds files that are not on the disk.
 * @param {string} folder
 * @param {ReadonlyMap<string, string>} [overlay]
 */
export function checkPackage(folder, overlay) {
  const program = loadProgram(folder, overlay)
  const isCore = folder === coreFolder
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const adapter = manifest.peerDependencies?.['@vaultdb/core'] !== undefined
  const exempt = (/** @type {string} */ file) => RUNTIME_MAKERS.has(relative(packages, file))
  return [
    ...(isCore ? checkCoreLayers(program, folder) : checkPackageImports(program, { folder, coreFolder, adapter })),
    ...checkAmbient(program, { folder, isCore, exempt }),
  ]
}

function main() {
  const folders = readdirSync(packages)
    .map((name) => join(packages, name))
    .filter((folder) => existsSync(join(folder, 'tsconfig.json')) && existsSync(join(folder, 'src')))
  const violations = folders.flatMap((folder) => checkPackage(folder))
  for (const { file, line, message } of violations) console.error(`${relative(root, file)}:${line} ${message}`)
  console.error(`Layers and ambient use: ${folders.length} packages, ${violations.length} violations.`)
  process.exitCode = violations.length === 0 ? 0 : 1
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main()
