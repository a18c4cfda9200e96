// Where the real S3 service of the tests comes from: Ceph's own daemons. On Debian as root (as in continuous integration)
// they are installed from the distribution when they are missing.

import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const PACKAGES = ['ceph-mon', 'ceph-osd', 'radosgw', 'ceph-common']
const PROGRAMS = ['ceph', 'ceph-authtool', 'ceph-mon', 'ceph-osd', 'monmaptool', 'radosgw', 'radosgw-admin']

/** @param {string} program */
function isInPath(program) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return folder !== ''
    } catch {
      return false
    }
  })
}

/** Whether all of Ceph's programs that the tests start are here. */
export const hasCeph = () => PROGRAMS.every(isInPath)

function isDebian() {
  const release = '/etc/os-release'
  return existsSync(release) && /^ID="?debian"?$/m.test(readFileSync(release, 'utf8'))
}

/** The one line that installs what is missing. */
export const cephHint = () =>
  process.platform === 'linux'
    ? `sudo apt-get install --no-install-recommends ${PACKAGES.join(' ')} (elsewhere: the packages that hold these programs)`
    : 'Ceph runs on Linux only'

/** Installs Ceph where it is missing and that needs nobody's consent; answers whether it is there. */
export function ensureCeph() {
  if (hasCeph() || !isDebian() || process.getuid?.() !== 0) return hasCeph()
  console.error(`Installing ${PACKAGES.join(', ')} for the tests of S3 …`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  for (const args of [
    ['update', '-q'],
    ['install', '-q', '-y', '--no-install-recommends', ...PACKAGES],
  ]) {
    const { status, stdout, stderr } = spawnSync('apt-get', args, {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      encoding: 'utf8',
    })
    if (status === 0) continue
    console.error(`apt-get ${args.join(' ')} failed:\n${stdout ?? ''}${stderr ?? ''}`)
    break
  }
  return hasCeph()
}
