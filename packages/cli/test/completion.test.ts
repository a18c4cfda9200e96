import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { run } from '../src/program.ts'
import { createFakeTerminal } from './fake-terminal.ts'

async function script(shell: string): Promise<string> {
  const terminal = createFakeTerminal()
  expect(await run(['completion', shell], terminal)).toBe(0)
  return terminal.out()
}

const COMMANDS =
  'init get put list tree find remove prune import export check stats passwd sign-in sign-out completion'.split(' ')

/** What bash would offer for these words, the last of them unfinished. */
async function offered(...words: string[]): Promise<string[]> {
  const setUp = `COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _vaultdb; printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout, stderr, status } = spawnSync(
    'bash',
    ['--norc', '-c', `${await script('bash')}\n${setUp}`, 'bash', 'vaultdb', ...words],
    { encoding: 'utf8', cwd: import.meta.dirname },
  )
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return stdout.split('\n').filter((line) => line !== '')
}

describe('bash', () => {
  it('offers every command', async () => {
    expect(await offered('')).toEqual(expect.arrayContaining(COMMANDS))
    expect(await offered('p')).toEqual(expect.arrayContaining(['put', 'prune', 'passwd']))
    expect(await offered('ge')).toEqual(['get'])
    expect(await offered('--store', 'file:./vault', 'ge')).toEqual(['get'])
  })

  it("offers a command's options and the common ones, but not the refused ones", async () => {
    expect(await offered('get', '--')).toEqual(
      expect.arrayContaining(['--field', '--store', '--password-file', '--json', '--help']),
    )
    expect(await offered('get', '--pass')).toEqual(['--password-file'])
  })

  it('offers values where an option has a list of them, and files where it takes one', async () => {
    expect(await offered('export', '--format', '')).toEqual(['jsonl', 'json', 'csv'])
    expect(await offered('get', '--password-file', 'fake-t')).toEqual(['fake-terminal.ts'])
    expect(await offered('import', 'fake-t')).toEqual(['fake-terminal.ts'])
    expect(await offered('get', 'fake-t')).toEqual([])
    expect(await offered('completion', 'z')).toEqual(['zsh'])
    expect(await offered('sign-in', 'd')).toEqual(['dropbox'])
    expect(await offered('sign-out', '')).toEqual(expect.arrayContaining(['dropbox', 'remotestorage']))
  })
})

describe.each(['zsh', 'fish'])('%s', (shell) => {
  it('knows every command and option', async () => {
    const text = await script(shell)
    for (const command of COMMANDS) expect(text).toContain(command)
    for (const option of ['password-file', 'field', 'match', 'force', 'yes', 'new-password-file'])
      expect(text).toContain(option)
    expect(text).toContain('jsonl json csv')
    expect(text).not.toContain('refused')
  })
})

it('names the shells when asked for another', async () => {
  const terminal = createFakeTerminal()
  expect(await run(['completion', 'tcsh'], terminal)).toBe(2)
  expect(terminal.err()).toContain('bash, zsh, fish')
})
