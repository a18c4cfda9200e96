// Where the real S3 service of the tests comes from: Ceph's own daemons, of the system. On Debian as root (as in continuous
// integration) missing ones are installed from the distribution.

import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { installOnDebian, isDebian } from './debian.mjs'

const PACKAGES = ['ceph-mon', 'ceph-osd', 'radosgw', 'ceph-common']
const PROGRAMS = ['ceph', 'ceph-authtool', 'ceph-mon', 'ceph-osd', 'monmaptool', 'radosgw', 'radosgw-admin', 'setpriv']

/** @param {string} program */
function isInPath(program) {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** Whether all programs are here that the tests start. */
export const hasCeph = () => PROGRAMS.every(isInPath)

/** What installs them. */
export function cephHint() {
  if (process.platform !== 'linux') return 'Ceph runs on Linux only'
  if (isDebian()) return `sudo apt-get install --no-install-recommends ${PACKAGES.join(' ')}`
  return `the packages of your distribution that hold ${PROGRAMS.join(', ')}`
}

/** Installs Ceph where it is missing and that needs nobody's consent; answers whether it is there. */
export function ensureCeph() {
  if (!hasCeph()) installOnDebian(PACKAGES, 'the tests of S3')
  return hasCeph()
}
