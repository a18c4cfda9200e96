// `npm run verify`: rings every bell, also after one has rung, and ends with a list of them.

import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Folders of the packages that are published. */
const published = readdirSync(join(root, 'packages'))
  .map((name) => join('packages', name))
  .filter((folder) => existsSync(join(root, folder, 'package.json')))
  .filter((folder) => !JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')).private)

/** @type {{ name: string, command: string[] }[]} */
const bells = [
  { name: 'build', command: ['node', 'scripts/setup.mjs', '--build'] },
  { name: 'types', command: ['node', 'scripts/check-types.mjs'] },
  { name: 'format and lint', command: ['biome', 'check', '--error-on-warnings', '.'] },
  { name: 'layers and ambient use', command: ['node', 'scripts/check-layers.mjs'] },
  { name: 'tests in Node and in browsers', command: ['node', 'scripts/test.mjs'] },
  { name: 'unused files, exports, dependencies', command: ['knip'] },
  ...published.flatMap((folder) => [
    { name: `publint ${folder}`, command: ['publint', 'run', folder, '--strict', '--pack', 'npm'] },
    { name: `types as published ${folder}`, command: ['attw', '--pack', folder, '--profile', 'esm-only'] },
  ]),
  { name: 'size', command: ['size-limit'] },
  { name: 'API reference', command: ['node', 'scripts/check-api-reference.mjs'] },
]

const path = [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter)

/** @param {{ name: string, command: string[] }} bell */
function ring({ name, command: [tool = '', ...args] }) {
  console.error(`\n── ${name}`)
  const started = performance.now()
  const { status } = spawnSync(tool, args, {
    cwd: root,
    env: { ...process.env, PATH: path },
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  })
  return { name, seconds: (performance.now() - started) / 1000, well: status === 0 }
}

const outcomes = bells.map(ring)
console.error('')
for (const { name, seconds, well } of outcomes)
  console.error(`${well ? 'ok    ' : 'FAILED'} ${seconds.toFixed(1).padStart(6)} s  ${name}`)
process.exitCode = outcomes.every(({ well }) => well) ? 0 : 1
