// `npm test`: everything in Node (which starts Deno and Bun for their part), then everything in browsers. What cannot
// run here is named at the end together with the line that installs it; in continuous integration it counts as a failure.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensureBrowsers } from './browsers.mjs'
import { cephHint, ensureCeph } from './ceph.mjs'
import { ensureRuntimes, otherRuntimes } from './runtimes.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const reports = join(root, '.setup', 'reports')

/**
 * Runs a tool of node_modules/.bin; answers whether it ended well.
 * @param {string} tool
 * @param {string[]} args
 * @param {Record<string, string>} [env]
 */
function run(tool, args, env = {}) {
  const { status } = spawnSync(join(root, 'node_modules', '.bin', tool), args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  })
  return status === 0
}

/**
 * What a runner's JSON report counts; a runner that died before it wrote one has failed once.
 * @param {string} name
 * @param {(report: any) => { passed: number, failed: number }} count
 */
function counts(name, count) {
  const path = join(reports, name)
  return existsSync(path) ? count(JSON.parse(readFileSync(path, 'utf8'))) : { passed: 0, failed: 1 }
}

/** @param {string[]} args */
function runInNode(args) {
  const report = join(reports, 'node.json')
  const well = run('vitest', ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...args])
  const { passed, failed } = counts('node.json', (json) => ({
    passed: json.numPassedTests,
    failed: json.numFailedTests,
  }))
  // A file that fails to load, or an unhandled rejection, fails the run without failing a test.
  return { passed, failed: well ? failed : Math.max(failed, 1) }
}

/** @param {string[]} engines */
function runInBrowsers(engines) {
  // Playwright empties its own output folder, which the report must therefore not lie in.
  const report = join(reports, 'browsers.json')
  const projects = engines.map((name) => `--project=${name}`)
  const well = run('playwright', ['test', '--reporter=list,json', ...projects], { PLAYWRIGHT_JSON_OUTPUT_FILE: report })
  const { passed, failed } = counts('browsers.json', ({ stats }) => ({
    passed: stats.expected + stats.flaky,
    failed: stats.unexpected,
  }))
  return { passed, failed: well ? failed : Math.max(failed, 1) }
}

rmSync(reports, { recursive: true, force: true })
mkdirSync(reports, { recursive: true })
ensureRuntimes()
const { present, missing } = ensureBrowsers()
const hasCeph = ensureCeph()
const outcomes = [
  runInNode([
    ...(hasCeph ? [] : ['--project=!s3']),
    ...(present.includes('chromium') ? [] : ['--exclude=packages/s3/test/browser.proof.ts']),
  ]),
]
/** @type {string[]} */
const notRun = otherRuntimes()
  .filter(({ path }) => path === null)
  .map(({ name, hint }) => `Not run: the tests under ${name}, for want of it. Install it with: ${hint}`)
if (!hasCeph) notRun.push(`Not run: the tests of S3, for want of Ceph. To install: ${cephHint()}`)
if (present.length > 0) outcomes.push(runInBrowsers(present))
notRun.push(...missing.map(({ title, hint }) => `Not run: the tests in ${title}, for want of it. To install: ${hint}`))

for (const line of notRun) console.log(line)
const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0)
const failed = outcomes.reduce((sum, outcome) => sum + outcome.failed, 0) + (process.env.CI ? notRun.length : 0)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
