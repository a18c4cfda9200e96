import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type DropboxEmulator, startDropboxEmulator } from '@vaultdb/dropbox-emulator'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openShell, type Shell } from '../built-program.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const PAGE = /https:\/\/www\.dropbox\.com\S+/
const PRELOAD = new URL('../redirect-dropbox.mjs', import.meta.url)

async function withDropbox(env: Record<string, string> = {}) {
  const dropbox = await startDropboxEmulator()
  onTestFinished(() => dropbox.close())
  const home = await temporaryFolder()
  const variables = { VAULTDB_STORE: 'dropbox:/vaults/mine', VAULTDB_PASSWORD: 'correct horse', VAULTDB_DEBUG: '1' }
  const shell = openShell(home, { ...variables, DROPBOX_EMULATOR: dropbox.url, ...env }, PRELOAD)
  return { dropbox, home, shell }
}

const signIn = (shell: Shell, dropbox: DropboxEmulator, ...args: string[]) =>
  shell.converse(['sign-in', 'dropbox', ...args], PAGE, async (url) => `${dropbox.approve(url)}\n`)

describe('a vault in a Dropbox', () => {
  it('lives its life after one sign-in, and tells nobody its token', async () => {
    const { dropbox, home, shell } = await withDropbox()
    expect(await signIn(shell, dropbox, '--app-key', 'emulated-app')).toMatchObject({ status: 0 })
    const file = join(
      home,
      process.platform === 'darwin' ? 'Library/Application Support' : '.config',
      'vaultdb/credentials.json',
    )
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    const { refreshToken } = JSON.parse(await readFile(file, 'utf8')).dropbox
    expect(refreshToken).toMatch(/.{40}/)

    expect(await shell.run(['init'])).toEqual({
      status: 0,
      out: expect.stringContaining('Created a vault at dropbox:/vaults/mine.'),
      err: '',
    })
    expect([...dropbox.files().keys()].sort()).toEqual(['/vaults/mine/shards/0', '/vaults/mine/vault'])
    const lines = Array.from({ length: 50 }, (_, n) => `{"path":"/d${n % 5}/n${n}","value":${n}}\n`).join('')
    expect(await shell.run(['import', '-', '--format', 'jsonl'], lines)).toMatchObject({ status: 0, err: '' })
    expect(await shell.run(['put', '/a', '--text'], 'note')).toMatchObject({ status: 0, err: '' })
    expect(await shell.run(['get', '/a'])).toEqual({ status: 0, out: 'note\n', err: '' })
    expect(await shell.run(['remove', '/d0/n0'])).toMatchObject({ status: 0 })
    expect((await shell.run(['find'])).out.split('\n')).toHaveLength(51)
    expect(await shell.run(['check'])).toMatchObject({ status: 0, out: expect.stringContaining('nothing is wrong') })

    dropbox.revoke()
    const revoked = await shell.run(['get', '/a', '--json'])
    expect(revoked).toMatchObject({ status: 9, out: '' })
    expect(JSON.parse(revoked.err).error).toMatchObject({
      code: 'ERR_UNAUTHORIZED',
      message: expect.stringContaining('sign in to Dropbox again'),
    })
    expect(await shell.run(['sign-out', 'dropbox'])).toMatchObject({ status: 0, err: '' })
    expect(await shell.run(['sign-out', 'dropbox'])).toMatchObject({ status: 1, err: '' })
    expect(await readFile(file, 'utf8')).toBe('{}\n')
    expect(await shell.run(['get', '/a'])).toMatchObject({ status: 9, err: expect.stringContaining('sign-in dropbox') })
    expect(shell.printed()).not.toContain(refreshToken)
    expect(shell.printed()).not.toContain('sl.u.')
  })

  it('opens with tokens of the environment, which come before those that are kept', async () => {
    const { dropbox, shell } = await withDropbox()
    const tokens = [
      { DROPBOX_ACCESS_TOKEN: dropbox.issueToken() },
      { DROPBOX_REFRESH_TOKEN: dropbox.issueRefreshToken(), DROPBOX_APP_KEY: 'emulated-app' },
      { DROPBOX_ACCESS_TOKEN: dropbox.issueToken(), DROPBOX_REFRESH_TOKEN: 'unused' },
    ] as const
    expect(await shell.run(['init'], '', tokens[0])).toMatchObject({ status: 0 })
    for (const env of tokens) expect(await shell.run(['list'], '', env)).toEqual({ status: 0, out: '', err: '' })
    dropbox.expireTokens()
    expect(await shell.run(['list'], '', tokens[0])).toMatchObject({ status: 9 })
    for (const secret of tokens.flatMap((env) => Object.values(env)).filter((value) => value.length > 20)) {
      expect(shell.printed()).not.toContain(secret)
    }
  })

  it.each([
    ['a token with a line end', { DROPBOX_ACCESS_TOKEN: 'hunter2\n' }, [], 9, 'DROPBOX_ACCESS_TOKEN holds no'],
    ['a refresh token without its app', { DROPBOX_REFRESH_TOKEN: 'hunter2' }, [], 9, 'DROPBOX_APP_KEY'],
    ['a token that Dropbox does not know', { DROPBOX_ACCESS_TOKEN: 'hunter2' }, [], 9, 'that of DROPBOX_ACCESS_TOKEN'],
    ['a token in the location', {}, ['--store', 'dropbox://hunter2@/x'], 2, 'environment'],
    ['a folder that cannot be', { DROPBOX_ACCESS_TOKEN: 'hunter2' }, ['--store', 'dropbox:/../x'], 2, 'folder'],
  ])('is refused with %s, which is not repeated', async (_name, env, args, status, advice) => {
    const { shell } = await withDropbox()
    const refused = await shell.run(['list', ...args], '', env)
    expect(refused).toMatchObject({ status, out: '', err: expect.stringContaining(advice) })
    expect(refused.err).not.toContain('hunter2')
  })

  it('is not signed in to with a wrong code, without an answer or without an app', async () => {
    const { dropbox, home, shell } = await withDropbox({ DROPBOX_APP_KEY: 'emulated-app' })
    const wrong = await shell.converse(['sign-in', 'dropbox'], PAGE, async () => 'hunter2\n')
    expect(wrong).toMatchObject({ status: 9, out: '', err: expect.stringContaining('sign in to Dropbox again') })
    expect(await shell.run(['sign-in', 'dropbox'])).toMatchObject({
      status: 2,
      err: expect.stringContaining('No answer'),
    })
    const requests = dropbox.requests.length
    const without = await shell.run(['sign-in', 'dropbox'], '', { DROPBOX_APP_KEY: '' })
    expect(without).toMatchObject({ status: 2, err: expect.stringContaining('--app-key') })
    const elsewhere = await shell.run(['sign-in', 'hunter2'])
    expect(elsewhere).toMatchObject({ status: 2, err: expect.stringContaining('dropbox and remotestorage') })
    expect(dropbox.requests).toHaveLength(requests)
    expect(shell.printed()).not.toContain('hunter2')
    await expect(stat(join(home, '.config'))).rejects.toMatchObject({ code: 'ENOENT' })
  })
})
