// The built packages under Node, Deno and Bun. A runtime that this machine does not have is named by `npm test`.

import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { MakeStore } from '@vaultdb/core/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { otherRuntimes } from '../../../../scripts/runtimes.mjs'
import { bundleProgram } from './bundle.ts'
import { foldersBelow, memory, trialsIn } from './trials.ts'

const program = fileURLToPath(new URL('../../dist/trials.mjs', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'vaultdb-runtimes-'))
beforeAll(() => bundleProgram(program))
afterAll(() => rmSync(folder, { recursive: true }))

/** How each runtime is told to run a program that may touch nothing but the folder, where it may be told so. */
const COMMANDS = {
  deno: (permissions: readonly string[]) => [
    ...['run', '--no-prompt', '--no-remote', '--no-config', '--node-modules-dir=manual'],
    ...permissions,
  ],
  bun: () => ['run'],
  node: () => [],
}

const runtimes = [{ name: 'node' as const, path: process.execPath }, ...otherRuntimes()]

async function runUnder(path: string, args: readonly string[]): Promise<unknown[]> {
  const { stdout, stderr } = await promisify(execFile)(path, args, { env: { ...process.env, NO_COLOR: '1' } })
  expect(stderr).toBe('')
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
}

const wellIn = async (place: MakeStore): Promise<unknown[]> => (await trialsIn(place)).map(({ name }) => ({ name }))

describe.each(runtimes.filter(({ path }) => path !== null))('under $name', ({ name, path }) => {
  test('conformance and whole lives of vaults in memory, which takes no permission', async () => {
    expect(await runUnder(path ?? '', [...COMMANDS[name]([]), program])).toEqual(await wellIn(memory))
  })

  test('conformance and whole lives of vaults in folders', async () => {
    const permissions = [`--allow-read=${folder}`, `--allow-write=${folder}`, '--allow-sys=uid']
    const reports = await runUnder(path ?? '', [...COMMANDS[name](permissions), program, folder])
    expect(reports).toEqual(await wellIn(foldersBelow(folder)))
  })
})
