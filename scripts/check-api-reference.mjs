// Sees that docs/api is what `npm run docs` would write now.

import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const committed = join(root, 'docs', 'api')
const fresh = join(root, '.setup', 'api')

/**
 * Relative path to content, of all files below a folder.
 * @param {string} folder
 * @returns {Map<string, string>}
 */
function contents(folder) {
  if (!existsSync(folder)) return new Map()
  return new Map(
    readdirSync(folder, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [relative(folder, path), readFileSync(path, 'utf8')]),
  )
}

rmSync(fresh, { recursive: true, force: true })
const typedoc = join(root, 'node_modules', '.bin', 'typedoc')
const { status } = spawnSync(typedoc, ['--out', fresh, '--logLevel', 'Warn'], {
  cwd: root,
  stdio: 'inherit',
  shell: process.platform === 'win32',
})
if (status !== 0) process.exit(1)

const [wanted, found] = [contents(fresh), contents(committed)]
const stale = [...new Set([...wanted.keys(), ...found.keys()])].filter((path) => wanted.get(path) !== found.get(path))
for (const path of stale) console.error(`docs/api/${path} is out of date: run \`npm run docs\` and commit the result.`)
process.exitCode = stale.length === 0 ? 0 : 1
