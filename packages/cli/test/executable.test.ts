import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { createCheapVault } from './cheap-vault.ts'
import { temporaryFolder } from './temporary-folder.ts'

const BIN = fileURLToPath(new URL('../bin/vaultdb.js', import.meta.url))

beforeAll(() => {
  if (!existsSync(new URL('../dist/vaultdb.js', import.meta.url)))
    throw new Error('Build the packages first: npm run build')
})

/** Starts the real program, with no terminal anywhere, in a folder with a password file. */
function start(folder: string, ...args: string[]): ChildProcess & { readonly stdin: NodeJS.WritableStream } {
  const env = { PATH: process.env.PATH, VAULTDB_STORE: 'file:./vault' }
  const child = spawn(process.execPath, [BIN, ...args, '--password-file', 'password'], {
    cwd: folder,
    env,
    stdio: 'pipe',
  })
  child.stdin.on('error', () => undefined) // a program that ends does not read on
  return child
}

async function ended(child: ChildProcess): Promise<{ status: number | null; out: string; err: string }> {
  if (child.stdout === null || child.stderr === null) throw new Error('not piped')
  const status = new Promise<number | null>((resolve) => child.once('close', resolve))
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { status: await status, out, err }
}

async function vaultdb(folder: string, args: readonly string[], input = '') {
  const child = start(folder, ...args)
  child.stdin.end(input)
  return ended(child)
}

async function withVault(): Promise<string> {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'password'), 'correct horse\n', { mode: 0o600 })
  await createCheapVault(join(folder, 'vault'), 'correct horse')
  return folder
}

const lines = (count: number): string =>
  Array.from({ length: count }, (_, index) => `{"path":"/d${index % 100}/n${index}","value":"${index}"}\n`).join('')

describe('the installed program', () => {
  it('works without a terminal, through pipes', async () => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, 'password'), 'correct horse\n', { mode: 0o600 })
    expect(await vaultdb(folder, ['init'])).toMatchObject({ status: 0, err: '' })
    const imported = await vaultdb(folder, ['import', '-', '--format', 'jsonl'], lines(1000))
    expect(imported).toMatchObject({ status: 0, out: 'Imported: 1000 created, 0 replaced, 0 unchanged.\n', err: '' })
    expect(await vaultdb(folder, ['get', '/d7/n7'])).toEqual({ status: 0, out: '7\n', err: '' })
    expect((await vaultdb(folder, ['find'])).out.split('\n')).toHaveLength(1001)
    expect((await stat(join(folder, 'vault'))).mode & 0o777).toBe(0o700)
    await writeFile(join(folder, 'password'), 'wrong')
    expect(await vaultdb(folder, ['list'])).toMatchObject({ status: 3, out: '' })
  })

  it('ends quietly when nobody reads its output', async () => {
    const folder = await withVault()
    await vaultdb(folder, ['import', '-', '--format', 'jsonl'], lines(5000))
    const child = start(folder, 'export')
    child.stdout?.once('data', () => child.stdout?.destroy())
    const err = child.stderr === null ? '' : text(child.stderr)
    const status = await new Promise((resolve) => child.once('exit', resolve))
    expect({ status, err: await err }).toEqual({ status: 141, err: '' })
  })

  it('stops cleanly by Ctrl-C in the middle of an import', async () => {
    const folder = await withVault()
    const child = start(folder, 'import', '-', '--format', 'jsonl')
    const end = ended(child)
    child.stdin.write(lines(20_500)) // a batch and a half; more never comes
    await firstWriteIn(join(folder, 'vault', 'shards'))
    child.kill('SIGINT')
    const { status, out, err } = await end
    expect(status).toBe(130)
    expect(out).toMatch(/^Not finished; so far: \d+ created, 0 replaced, 0 unchanged/)
    expect(err).toContain('vaultdb: Stopped.')
    const created = Number(out.match(/(\d+) created/)?.[1])
    const present = (await vaultdb(folder, ['find'])).out.split('\n').length - 1
    expect(present).toBeGreaterThanOrEqual(created)
    const again = await vaultdb(folder, ['import', '-', '--format', 'jsonl', '--json'], lines(20_500))
    expect(JSON.parse(again.out)).toMatchObject({ created: 20_500 - present, unchanged: present, leftOut: 0 })
    expect((await vaultdb(folder, ['check', '--repair'])).status).toBe(0)
  })

  it('removes what it was editing when it is stopped', async () => {
    const folder = await withVault()
    const temporary = join(folder, 'tmp')
    await mkdir(temporary)
    await writeFile(join(folder, 'editor'), '#!/bin/sh\necho "$1"\nexec sleep 600\n', { mode: 0o700 })
    const env = {
      PATH: process.env.PATH,
      VAULTDB_STORE: 'file:./vault',
      EDITOR: './editor',
      XDG_RUNTIME_DIR: temporary,
    }
    const args = [BIN, 'put', '/a', '--edit', '--password-file', 'password']
    const child = spawn(process.execPath, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
    const file = await new Promise<string>((resolve) =>
      child.stdout.once('data', (chunk) => resolve(String(chunk).trim())),
    )
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    child.kill('SIGINT')
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(130)
    expect(await readdir(temporary)).toEqual([])
  })
})

/** Resolves when an import has begun to write: a second shard appeared. */
async function firstWriteIn(shards: string): Promise<void> {
  while ((await readdir(shards)).length < 2) await setTimeout(5)
}

describe('output that cannot be written', () => {
  it('is the status of a full disk, and no defect', async () => {
    const folder = await withVault()
    await vaultdb(folder, ['put', '/a', '--text'], 'x'.repeat(100_000))
    // /dev/full is Linux's; elsewhere a folder in the output's place cannot be written either.
    const target = existsSync('/dev/full') ? '/dev/full' : folder
    const command = `"$0" "$1" get /a --password-file password > '${target}'`
    const env = { PATH: process.env.PATH, VAULTDB_STORE: 'file:./vault' }
    const child = spawn('sh', ['-c', command, process.execPath, BIN], { cwd: folder, env, stdio: 'pipe' })
    const { status, err } = await ended(child)
    if (target === '/dev/full') expect({ status, err }).toEqual({ status: 9, err: expect.stringContaining('full') })
    else expect(status).not.toBe(0)
    expect(err).not.toContain('defect')
  })
})
