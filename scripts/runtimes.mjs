// Where the other JavaScript runtimes of the tests come from: the pinned npm packages, whose binary for this platform
// lies in a package of its own, so that no install script need run; else whatever stands in the PATH. They are 90 MB to
// download, which only the tests ask for: so they are no dependencies of the workspace.

import { spawnSync } from 'node:child_process'
import { accessSync, constants, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const VERSIONS = { deno: '2.9.6', bun: '1.4.5' }

const folder = fileURLToPath(new URL('../.setup/runtimes', import.meta.url))
const manifest = join(folder, 'package.json')
const require = createRequire(manifest)

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/**
 * The folder of an installed package; `null` where it is not installed.
 * @param {string} name
 * @param {NodeJS.Require} from
 */
function packageFolder(name, from) {
  try {
    return dirname(from.resolve(`${name}/package.json`))
  } catch {
    return null
  }
}

/** @param {string} name */
const executable = (name) => (process.platform === 'win32' ? `${name}.exe` : name)

/**
 * The executable `name` in one of the platform's packages that the npm package `name` lists as optional.
 * @param {string} name
 */
function inPackages(name) {
  const folder = packageFolder(name, require)
  if (folder === null) return []
  const own = join(folder, 'package.json')
  const { optionalDependencies } = JSON.parse(readFileSync(own, 'utf8'))
  return Object.keys(optionalDependencies).flatMap((platform) => {
    const platformFolder = packageFolder(platform, createRequire(own))
    return platformFolder === null
      ? []
      : [join(platformFolder, executable(name)), join(platformFolder, 'bin', executable(name))]
  })
}

/** @param {string} name */
function inPath(name) {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  return folders.map((folder) => join(folder, executable(name)))
}

/**
 * The runtimes that the built packages are tried under: `path` is `null` where this machine has none, `hint` the one
 * line that installs it.
 * @returns {readonly { name: 'deno' | 'bun', path: string | null, hint: string }[]}
 */
export function otherRuntimes() {
  return /** @type {const} */ (['deno', 'bun']).map((name) => ({
    name,
    path: [...inPackages(name), ...inPath(name)].find(isExecutable) ?? null,
    hint: `npm install --global ${name}@${VERSIONS[name]}`,
  }))
}

/** Installs the pinned runtimes below `.setup`, unless they are there; where that fails, {@link otherRuntimes} tells. */
export function ensureRuntimes() {
  const wanted = `${JSON.stringify({ private: true, dependencies: VERSIONS })}\n`
  try {
    if (readFileSync(manifest, 'utf8') === wanted && inPackages('deno').length > 0 && inPackages('bun').length > 0)
      return
  } catch {
    // Nothing is there yet.
  }
  mkdirSync(folder, { recursive: true })
  writeFileSync(manifest, wanted)
  spawnSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  })
}
