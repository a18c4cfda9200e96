// Makes a checkout ready: installs the dependencies and builds the packages, each only when its inputs have changed.
// `--build` builds in any case. Runs before anything is installed, so it may use nothing but Node.

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const stamps = join(root, '.setup')

/**
 * @param {string} path
 * @returns {any}
 */
const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'))

/** Folders of the workspace's packages, as pnpm-workspace.yaml names them. */
function packageFolders() {
  return ['packages', 'examples']
    .map((folder) => join(root, folder))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
    .filter((folder) => existsSync(join(folder, 'package.json')))
}

/**
 * @param {string} folder
 * @returns {string[]}
 */
function filesBelow(folder) {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? filesBelow(path) : [path]
  })
}

/**
 * One hash over names and contents; the platform belongs to it because some dependencies are native.
 * @param {string[]} paths
 */
function fingerprint(paths) {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch} ${process.versions.modules}\n`)
  for (const path of paths.filter((path) => existsSync(path)).sort()) {
    const content = readFileSync(path)
    hash.update(`${relative(root, path).split(sep).join('/')} ${content.length}\n`).update(content)
  }
  return hash.digest('hex')
}

/** @param {string[]} args */
function pnpm(args) {
  const [name, version] = readJson(join(root, 'package.json')).packageManager.split('@')
  // A shell finds npx.cmd on Windows; none of the arguments needs quoting.
  const shell = process.platform === 'win32'
  const { status, signal, error } = spawnSync('npx', ['-y', `${name}@${version}`, ...args], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell,
  })
  if (error) throw error
  if (signal) process.kill(process.pid, signal)
  if (status !== 0) process.exit(status ?? 1)
}

/**
 * Runs `work` unless it has already finished for the same inputs. The stamp goes before the work begins and comes back
 * after it has ended well, so that an interrupted run is never taken for a finished one.
 * @param {{ name: string, inputs: string[], outputs: string[], force?: boolean, work: () => void }} step
 */
function unlessDone({ name, inputs, outputs, force = false, work }) {
  const stamp = join(stamps, name)
  const wanted = fingerprint(inputs)
  const done = existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted
  if (done && !force && outputs.every((path) => existsSync(path))) return
  rmSync(stamp, { force: true })
  work()
  mkdirSync(stamps, { recursive: true })
  const fresh = `${stamp}.${process.pid}`
  writeFileSync(fresh, wanted)
  renameSync(fresh, stamp)
}

/**
 * The files that a package's `bin` and `exports` promise.
 * @param {unknown} field
 * @returns {string[]}
 */
function targets(field) {
  if (typeof field === 'string') return [field]
  return typeof field === 'object' && field !== null ? Object.values(field).flatMap(targets) : []
}

const folders = packageFolders()
const manifests = [root, ...folders].map((folder) => join(folder, 'package.json'))
const lockfiles = [join(root, 'pnpm-lock.yaml'), join(root, 'pnpm-workspace.yaml')]

unlessDone({
  name: 'install',
  inputs: [...manifests, ...lockfiles],
  outputs: [join(root, 'node_modules', '.modules.yaml')],
  // Nobody is there to confirm that an outdated node_modules may be replaced.
  work: () => pnpm(['install', '--frozen-lockfile', '--config.confirmModulesPurge=false']),
})

const built = folders.filter((folder) => readJson(join(folder, 'package.json')).scripts?.build !== undefined)

unlessDone({
  name: 'build',
  inputs: [
    ...lockfiles,
    join(root, 'tsconfig.base.json'),
    ...built.flatMap((folder) => [
      ...['package.json', 'tsconfig.json', 'tsdown.config.ts'].map((name) => join(folder, name)),
      ...filesBelow(join(folder, 'src')),
    ]),
  ],
  outputs: built.flatMap((folder) => {
    const { bin, exports } = readJson(join(folder, 'package.json'))
    return [...targets(bin), ...targets(exports)].map((path) => join(folder, path))
  }),
  force: process.argv.includes('--build'),
  work: () => pnpm(['--recursive', 'run', 'build']),
})
