// Where the three engines of the browser tests come from: the system, or for Chromium what Playwright has installed. On
// Debian as root (as in continuous integration) a missing one is installed from the distribution.

import { accessSync, constants, existsSync, readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { chromium } from '@playwright/test'
import { installOnDebian, isDebian } from './debian.mjs'

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
 * Where these commands would be on the path.
 * @param {...string} commands
 */
function onPath(...commands) {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  return commands.flatMap((command) => folders.map((folder) => join(folder, command)))
}

/** @param {string[]} paths */
const firstExecutable = (paths) => paths.find(isExecutable) ?? null

/**
 * The Chromium to test in; `null` where there is none.
 * @returns {string | null}
 */
export function chromiumPath() {
  const commands = onPath('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable')
  return firstExecutable([...commands, chromium.executablePath()])
}

/**
 * The Firefox to test in; `null` where there is none.
 * @returns {string | null}
 */
export function firefoxPath() {
  const inApplications = 'Applications/Firefox.app/Contents/MacOS/firefox'
  return firstExecutable([
    ...onPath('firefox-esr', 'firefox', 'firefox.exe'),
    join('/', inApplications),
    join(homedir(), inApplications),
    'C:\\Program Files\\Mozilla Firefox\\firefox.exe',
  ])
}

/** MiniBrowser is no command: each distribution keeps it in some folder of the library. */
function miniBrowserPaths() {
  const roots = ['/usr/libexec', '/usr/lib64', '/usr/lib']
  const folders = roots
    .filter((root) => existsSync(root))
    .flatMap((root) => [root, ...readdirSync(root).map((name) => join(root, name))])
  return folders.flatMap((folder) =>
    ['webkit2gtk-4.1', 'webkitgtk-6.0', 'webkit2gtk-4.0'].map((library) => join(folder, library, 'MiniBrowser')),
  )
}

/**
 * What testing in WebKit takes: a virtual display, WebKitGTK's driver and its browser; `null` where one is missing. No
 * other port of WebKit can be driven without a person's consent and a visible window.
 * @returns {{ display: string, driver: string, browser: string } | null}
 */
export function webkitPrograms() {
  if (process.platform !== 'linux') return null
  const display = firstExecutable(onPath('Xvfb'))
  const driver = firstExecutable(onPath('WebKitWebDriver'))
  const browser = firstExecutable(miniBrowserPaths())
  return display === null || driver === null || browser === null ? null : { display, driver, browser }
}

/**
 * The engines: how to see whether one is there, what it is on Debian, and what else installs it.
 * @type {readonly { name: string, title: string, isThere: () => boolean, packages: string[], hint: string }[]}
 */
const ENGINES = [
  {
    name: 'chromium',
    title: 'Chromium',
    isThere: () => chromiumPath() !== null,
    packages: ['chromium', 'fonts-liberation'],
    hint: 'npx playwright install chromium',
  },
  {
    name: 'firefox',
    title: 'Firefox',
    isThere: () => firefoxPath() !== null,
    packages: ['firefox-esr'],
    hint: 'get it from https://www.mozilla.org/firefox/',
  },
  {
    name: 'webkit',
    title: 'WebKit',
    isThere: () => webkitPrograms() !== null,
    packages: ['webkit2gtk-driver', 'xvfb'],
    hint:
      process.platform === 'linux'
        ? 'the packages of your distribution that hold WebKitWebDriver, MiniBrowser (WebKitGTK) and Xvfb'
        : 'WebKit is tested on Linux only',
  },
]

/**
 * Installs the engines that are missing where that needs nobody's consent. Answers the names of those that are there now,
 * and of each other one its title and how to install it.
 * @returns {{ present: string[], missing: { title: string, hint: string }[] }}
 */
export function ensureBrowsers() {
  const absent = ENGINES.filter(({ isThere }) => !isThere())
  installOnDebian(
    absent.flatMap(({ packages }) => packages),
    'the browser tests',
  )
  const onDebian = (/** @type {string[]} */ packages) =>
    `sudo apt-get install --no-install-recommends ${packages.join(' ')}`
  return {
    present: ENGINES.filter(({ isThere }) => isThere()).map(({ name }) => name),
    missing: ENGINES.filter(({ isThere }) => !isThere()).map(({ title, packages, hint }) => ({
      title,
      hint: isDebian() ? onDebian(packages) : hint,
    })),
  }
}
