import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Armadietto } from '../../../remotestorage/test/server/armadietto.ts'
import { openShell, type Run, type Shell } from '../built-program.ts'
import { temporaryFolder } from '../temporary-folder.ts'

let server: Armadietto
beforeAll(async () => {
  server = await Armadietto.start()
})
afterAll(() => server.stop())

const PAGE = /http:\/\/localhost\S+/

interface Setting {
  readonly home: string
  readonly shell: Shell
}

async function shellFor(folder: string, env: Record<string, string> = {}): Promise<Setting> {
  const home = await temporaryFolder()
  const store = `remotestorage:${server.userAddress}/${folder}`
  const common = { VAULTDB_STORE: store, VAULTDB_PASSWORD: 'correct horse', VAULTDB_DEBUG: '1' }
  return { home, shell: openShell(home, { ...common, XDG_CONFIG_HOME: join(home, 'settings'), ...env }) }
}

/** What user `ada` does at the server's page; resolves to the address that the browser then goes to. */
async function agreeAt(page: string, button: 'allow' | 'deny'): Promise<string> {
  const url = new URL(page)
  const form = new URLSearchParams([
    ...url.searchParams,
    ['username', 'ada'],
    ['password', 'lovelace'],
    [button, 'yes'],
  ])
  const { status, headers } = await fetch(`${url.origin}/oauth`, { method: 'POST', body: form, redirect: 'manual' })
  expect(status).toBe(302)
  return headers.get('location') ?? ''
}

const signIn = (shell: Shell, answer: (page: string) => Promise<string>): Promise<Run> =>
  shell.converse(['sign-in', 'remotestorage'], PAGE, async (page) => `${await answer(page)}\n`)

describe('a vault in a remoteStorage account', () => {
  it('lives its life after one sign-in, and tells nobody its token', async () => {
    const { home, shell } = await shellFor('vaults/life')
    expect(await signIn(shell, (page) => agreeAt(page, 'allow'))).toMatchObject({ status: 0 })
    const file = join(home, 'settings/vaultdb/credentials.json')
    const entry = JSON.parse(await readFile(file, 'utf8'))[`remotestorage:${server.userAddress}/vaults`]
    expect(entry).toEqual({ href: expect.stringContaining('/storage/ada'), token: expect.stringMatching(/.{16}/) })

    expect(await shell.run(['init'])).toMatchObject({ status: 0, err: '' })
    expect(await shell.run(['put', '/a/b', '--text'], 'note')).toMatchObject({ status: 0, err: '' })
    expect(await shell.run(['get', '/a/b'])).toEqual({ status: 0, out: 'note\n', err: '' })
    expect(await shell.run(['check'])).toMatchObject({ status: 0 })

    await server.revoke(entry.token)
    const revoked = await shell.run(['get', '/a/b', '--json'])
    expect(JSON.parse(revoked.err).error).toMatchObject({ code: 'ERR_UNAUTHORIZED', exitCode: 9 })
    expect(await shell.run(['sign-out', 'remotestorage'])).toMatchObject({ status: 0 })
    expect(await shell.run(['list'])).toMatchObject({
      status: 9,
      err: expect.stringContaining('sign-in remotestorage'),
    })
    expect(shell.printed()).not.toContain(entry.token)
  })

  it('opens with the token of the environment', async () => {
    const env = { REMOTESTORAGE_USER: server.userAddress, REMOTESTORAGE_TOKEN: server.tokens.readWrite }
    const { shell } = await shellFor('vaults/environment', env)
    expect(await shell.run(['init'])).toMatchObject({ status: 0, err: '' })
    expect(await shell.run(['list'])).toEqual({ status: 0, out: '', err: '' })
    expect(shell.printed()).not.toContain(server.tokens.readWrite)
  })

  it('is not signed in to where the person does not agree, or the answer belongs to another sign-in', async () => {
    const { shell } = await shellFor('vaults/refused')
    const declined = await signIn(shell, (page) => agreeAt(page, 'deny'))
    expect(declined).toMatchObject({ status: 9, err: expect.stringContaining('not granted') })
    for (const answer of [
      'hunter2',
      'http://localhost/#access_token=hunter2&state=other',
      'http://localhost/#a=hunter2',
    ]) {
      expect(await signIn(shell, async () => answer)).toMatchObject({ status: 9, out: '' })
    }
    const withoutToken = await signIn(shell, async (page) => {
      const state = new URL(page).searchParams.get('state')
      return `http://localhost/#state=${state}&access_token=`
    })
    expect(withoutToken).toMatchObject({ status: 9, err: expect.stringContaining('no token') })
    const elsewhere = await shell.run(['sign-in', 'remotestorage', '--store', 'file:./x'])
    expect(elsewhere).toMatchObject({ status: 2, err: expect.stringContaining('--store remotestorage:') })
    const nowhere = await shell.run(['sign-in', 'remotestorage'], '', { VAULTDB_STORE: '' })
    expect(nowhere).toMatchObject({ status: 2, err: expect.stringContaining('Which account and folder?') })
    expect(shell.printed()).not.toContain('hunter2')
  })

  it('gets no token that was given for another account, or for none', async () => {
    await server.takeRequests()
    const token = server.tokens.readWrite
    const other = await shellFor('vaults/x', { REMOTESTORAGE_USER: 'ada@storage.example', REMOTESTORAGE_TOKEN: token })
    expect(await other.shell.run(['list'])).toMatchObject({ status: 9, err: expect.stringContaining('Nobody') })
    const none = await shellFor('vaults/x', { REMOTESTORAGE_TOKEN: token })
    expect(await none.shell.run(['list'])).toMatchObject({
      status: 9,
      err: expect.stringContaining('REMOTESTORAGE_USER'),
    })
    expect(await server.takeRequests()).toEqual([])
    expect(other.shell.printed() + none.shell.printed()).not.toContain(token)
  })
})
