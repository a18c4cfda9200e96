import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'

const setup = fileURLToPath(new URL('../setup.mjs', import.meta.url))

// Stands for npx: notes what it was asked to do and leaves what the real one would leave, or dies on demand.
const NPX = `#!/usr/bin/env node
const { appendFileSync, existsSync, mkdirSync, writeFileSync } = require('node:fs')
const task = process.argv.includes('install') ? 'install' : 'build'
appendFileSync('calls', task + '\\n')
if (existsSync('killed')) process.kill(process.pid, 'SIGINT')
if (existsSync('failing')) process.exit(3)
const folder = task === 'install' ? 'node_modules' : 'packages/a/dist'
mkdirSync(folder, { recursive: true })
writeFileSync(folder + (task === 'install' ? '/.modules.yaml' : '/index.js'), '')
`

let root = ''

/**
 * @param {string} path
 * @param {string} text
 */
function write(path, text) {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}

/** @param {string[]} args */
function run(...args) {
  rmSync(join(root, 'calls'), { force: true })
  const env = { ...process.env, PATH: `${join(root, 'bin')}${delimiter}${process.env.PATH}` }
  const { status, signal, stderr } = spawnSync(process.execPath, [join(root, 'scripts', 'setup.mjs'), ...args], { env })
  const calls = existsSync(join(root, 'calls')) ? readFileSync(join(root, 'calls'), 'utf8').trim().split('\n') : []
  return { ended: signal ?? status, calls, stderr: String(stderr) }
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'vaultdb-setup-'))
  write('package.json', '{ "packageManager": "pnpm@1.2.3" }')
  write('pnpm-lock.yaml', '')
  write('packages/a/package.json', '{ "scripts": { "build": "x" }, "exports": { ".": "./dist/index.js" } }')
  write('packages/a/src/index.ts', '')
  write('bin/npx', NPX)
  chmodSync(join(root, 'bin', 'npx'), 0o755)
  mkdirSync(join(root, 'scripts'))
  copyFileSync(setup, join(root, 'scripts', 'setup.mjs'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

it('installs and builds once', () => {
  expect(run()).toEqual({ ended: 0, calls: ['install', 'build'], stderr: '' })
  expect(run()).toEqual({ ended: 0, calls: [], stderr: '' })
  expect(run('--build').calls).toEqual(['build'])
})

it('builds again when a source changed, was added or removed, or the output is gone', () => {
  run()
  write('packages/a/src/index.ts', 'export {}')
  expect(run().calls).toEqual(['build'])
  write('packages/a/src/more.ts', '')
  expect(run().calls).toEqual(['build'])
  rmSync(join(root, 'packages/a/src/more.ts'))
  expect(run().calls).toEqual(['build'])
  rmSync(join(root, 'packages/a/dist'), { recursive: true })
  expect(run().calls).toEqual(['build'])
})

it('installs again when the lockfile changed or node_modules is gone', () => {
  run()
  write('pnpm-lock.yaml', 'changed')
  expect(run().calls).toEqual(['install', 'build'])
  rmSync(join(root, 'node_modules'), { recursive: true })
  expect(run().calls).toEqual(['install'])
})

it('leaves no stamp behind when the work fails or is interrupted', () => {
  run()
  write('pnpm-lock.yaml', 'changed')
  write('failing', '')
  expect(run()).toMatchObject({ ended: 3, calls: ['install'] })
  rmSync(join(root, 'failing'))
  write('killed', '')
  expect(run()).toMatchObject({ ended: 'SIGINT', calls: ['install'] })
  rmSync(join(root, 'killed'))
  write('pnpm-lock.yaml', '') // back to what was installed before the failure
  expect(run().calls).toEqual(['install'])
})
