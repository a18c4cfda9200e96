// `npm test`: everything in Node (which starts Deno and Bun for their part), and beside it what waits a good deal: the tests of
// S3, then everything in browsers. What cannot run here is named at the end together with the line that installs it; in
// continuous integration it counts as a failure.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensureBrowsers } from './browsers.mjs'
import { cephHint, ensureCeph } from './ceph.mjs'
import { ensureRuntimes, otherRuntimes } from './runtimes.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const reports = join(root, '.setup', 'reports')

/**
 * Runs a tool of node_modules/.bin, which prints to `output`; resolves to whether it ended well.
 * @param {string} tool
 * @param {string[]} args
 * @param {'inherit' | number} output
 * @param {Record<string, string>} [env]
 */
async function run(tool, args, output, env = {}) {
  const child = spawn(join(root, 'node_modules', '.bin', tool), args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', output, output],
    shell: process.platform === 'win32',
  })
  const [status] = await once(child, 'exit')
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

/**
 * @param {string} name
 * @param {string[]} args
 * @param {'inherit' | number} output
 */
async function runInNode(name, args, output) {
  const report = join(reports, `${name}.json`)
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const well = await run('vitest', ['run', ...reporters, ...args], output)
  const { passed, failed } = counts(`${name}.json`, (json) => ({
    passed: json.numPassedTests,
    failed: json.numFailedTests,
  }))
  // A file that fails to load, or an unhandled rejection, fails the run without failing a test.
  return { passed, failed: well ? failed : Math.max(failed, 1) }
}

/**
 * @param {string[]} engines
 * @param {number} output
 */
async function runInBrowsers(engines, output) {
  // Playwright empties its own output folder, which the report must therefore not lie in.
  const report = join(reports, 'browsers.json')
  const args = ['test', '--reporter=list,json', ...engines.map((name) => `--project=${name}`)]
  const well = await run('playwright', args, output, { PLAYWRIGHT_JSON_OUTPUT_FILE: report })
  const { passed, failed } = counts('browsers.json', ({ stats }) => ({
    passed: stats.expected,
    failed: stats.unexpected,
  }))
  return { passed, failed: well ? failed : Math.max(failed, 1) }
}

rmSync(reports, { recursive: true, force: true })
mkdirSync(reports, { recursive: true })
ensureRuntimes()
const { present, missing } = ensureBrowsers()
const hasCeph = ensureCeph()
/** Where what runs beside the others prints until those have ended. */
const printed = join(reports, 'beside.txt')

/** The tests of S3, then those in browsers. */
async function runBeside() {
  const output = openSync(printed, 'w')
  const outcomes = []
  const withoutBrowser = present.includes('chromium') ? [] : ['--exclude=packages/s3/test/browser.proof.ts']
  if (hasCeph) outcomes.push(await runInNode('s3', ['--project=s3', ...withoutBrowser], output))
  if (present.length > 0) outcomes.push(await runInBrowsers(present, output))
  closeSync(output)
  return outcomes
}

const [inNode, beside] = await Promise.all([runInNode('node', ['--project=!s3'], 'inherit'), runBeside()])
process.stdout.write(readFileSync(printed, 'utf8'))
const outcomes = [inNode, ...beside]
/** @type {string[]} */
const notRun = otherRuntimes()
  .filter(({ path }) => path === null)
  .map(({ name, hint }) => `Not run: the tests under ${name}, for want of it. Install it with: ${hint}`)
if (!hasCeph) notRun.push(`Not run: the tests of S3, for want of Ceph. To install: ${cephHint()}`)
notRun.push(...missing.map(({ title, hint }) => `Not run: the tests in ${title}, for want of it. To install: ${hint}`))

for (const line of notRun) console.log(line)
const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0)
const failed = outcomes.reduce((sum, outcome) => sum + outcome.failed, 0) + (process.env.CI ? notRun.length : 0)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
