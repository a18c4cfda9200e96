// Programs that the tests need, from Debian's own packages.

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

/** Debian itself: Ubuntu's packages of browsers only stand for snaps. */
export function isDebian() {
  const release = '/etc/os-release'
  return existsSync(release) && /^ID="?debian"?$/m.test(readFileSync(release, 'utf8'))
}

/**
 * Installs packages on Debian as root, where that needs nobody's consent; elsewhere does nothing.
 * @param {readonly string[]} packages
 * @param {string} purpose
 */
export function installOnDebian(packages, purpose) {
  if (packages.length === 0 || !isDebian() || process.getuid?.() !== 0) return
  console.error(`Installing ${packages.join(', ')} for ${purpose} …`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  for (const args of [
    ['update', '-q'],
    ['install', '-q', '-y', '--no-install-recommends', ...packages],
  ]) {
    const { status, stdout, stderr } = spawnSync('apt-get', args, {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      encoding: 'utf8',
    })
    if (status === 0) continue
    console.error(`apt-get ${args.join(' ')} failed:\n${stdout ?? ''}${stderr ?? ''}`)
    return
  }
}
