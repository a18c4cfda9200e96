import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const FOLDER = fileURLToPath(new URL('./peers/', import.meta.url))
const INSTALLED = join(FOLDER, 'node_modules', '.installed')

const npm = (...args) =>
  spawnSync('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: FOLDER,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  })

const loads = (name) =>
  spawnSync(process.execPath, ['--input-type=module', '-e', `new (await import('${name}')).default(':memory:')`], {
    cwd: FOLDER,
  }).status === 0

/**
 * Installs what VaultDB is compared with, from the lockfile, and builds what is native. Returns the names of the packages that cannot be
 * used on this machine: the bench goes on without them and says so.
 */
export function installPeers(nativePackages, log) {
  const lock = readFileSync(join(FOLDER, 'package-lock.json'), 'utf8')
  if (!existsSync(INSTALLED) || readFileSync(INSTALLED, 'utf8') !== lock) {
    log('Installing the peers …')
    rmSync(INSTALLED, { force: true })
    const { status, stderr } = npm('ci', '--ignore-scripts')
    if (status !== 0) throw new Error(`The peers could not be installed.\n${stderr}`)
    writeFileSync(INSTALLED, lock)
  }
  return nativePackages.filter((name) => {
    if (loads(name)) return false
    log(`Building ${name} (a minute or two where no prebuilt one can be had) …`)
    npm('rebuild', name)
    return !loads(name)
  })
}
