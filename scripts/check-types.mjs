// Type-checks every package by itself, and then all tests, scripts and examples together: the core must compile
// without the types of Node, its tests need them.

import { execFile } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = fileURLToPath(new URL('..', import.meta.url))
const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
const run = promisify(execFile)

const projects = [
  ...readdirSync(join(root, 'packages')).map((name) => join(root, 'packages', name, 'tsconfig.json')),
  join(root, 'tsconfig.tests.json'),
].filter((path) => existsSync(path))

/** @param {string} project */
async function check(project) {
  try {
    await run(process.execPath, [compiler, '--project', project, '--pretty', String(process.stderr.isTTY === true)], {
      cwd: root,
    })
    console.error(`ok      ${relative(root, project)}`)
  } catch (error) {
    const { stdout = '', message } = /** @type {Error & { stdout?: string }} */ (error)
    console.error(`FAILED  ${relative(root, project)}\n${stdout || message}`)
    process.exitCode = 1
  }
}

const queue = projects.values()
/** One compiler for each of two cores. */
async function drain() {
  for (const project of queue) await check(project)
}
await Promise.all([drain(), drain()])
