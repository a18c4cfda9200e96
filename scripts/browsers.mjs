// Where the browsers of the tests come from: the system's Chromium, or the one that Playwright has installed. On Debian
// as root (as in continuous integration) a missing one is installed from the distribution.

import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium } from '@playwright/test'

const COMMANDS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const DEBIAN_PACKAGES = ['chromium', 'fonts-liberation']

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
 * The Chromium to test in; `null` where there is none.
 * @returns {string | null}
 */
export function chromiumPath() {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  const installed = COMMANDS.flatMap((command) => folders.map((folder) => join(folder, command)))
  return [...installed, chromium.executablePath()].find(isExecutable) ?? null
}

/** Debian itself: Ubuntu's chromium package only stands for a snap. */
function isDebian() {
  const release = '/etc/os-release'
  return existsSync(release) && /^ID="?debian"?$/m.test(readFileSync(release, 'utf8'))
}

/** Makes a Chromium available where that needs nobody's consent; resolves to whether there is one now. */
export function ensureChromium() {
  if (chromiumPath() !== null) return true
  if (!isDebian() || process.getuid?.() !== 0) return false
  console.error(`Installing ${DEBIAN_PACKAGES.join(' and ')} for the browser tests …`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  for (const args of [
    ['update', '-q'],
    ['install', '-q', '-y', '--no-install-recommends', ...DEBIAN_PACKAGES],
  ]) {
    const { status, stdout, stderr } = spawnSync('apt-get', args, {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      encoding: 'utf8',
    })
    if (status === 0) continue
    console.error(`apt-get ${args.join(' ')} failed:\n${stdout ?? ''}${stderr ?? ''}`)
    return false
  }
  return chromiumPath() !== null
}

/** The one line that installs what `ensureChromium` did not. */
export function chromiumHint() {
  if (!isDebian()) return 'npx playwright install chromium'
  return `sudo apt-get install --no-install-recommends ${DEBIAN_PACKAGES.join(' ')}`
}
