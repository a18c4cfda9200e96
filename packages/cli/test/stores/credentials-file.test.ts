import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { describe, expect, it } from 'vitest'
import { userDirectoryOf } from '../../src/process-terminal.ts'
import { credentialsPath, readCredentials, saveCredentials } from '../../src/stores/credentials-file.ts'
import { createFakeTerminal, type FakeTerminal } from '../fake-terminal.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const terminalAtHome = async (): Promise<FakeTerminal> => createFakeTerminal({ homeDirectory: await temporaryFolder() })

const ENTRY = { clientId: 'app', refreshToken: 'hunter2' }

describe('kept credentials', () => {
  it('lie in a file of their owner alone, and nothing else is left behind', async () => {
    const terminal = await terminalAtHome()
    expect(await saveCredentials('dropbox', ENTRY, terminal)).toBe(false)
    const path = credentialsPath(terminal)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect((await stat(dirname(path))).mode & 0o777).toBe(0o700)
    expect(await readdir(dirname(path))).toEqual(['credentials.json'])
    expect(await readCredentials(terminal)).toEqual(new Map([['dropbox', ENTRY]]))
    expect(terminal.err()).toBe('')
  })

  it('are replaced and removed one by one', async () => {
    const terminal = await terminalAtHome()
    expect(await saveCredentials('dropbox', null, terminal)).toBe(false)
    await expect(stat(credentialsPath(terminal))).rejects.toMatchObject({ code: 'ENOENT' })
    await saveCredentials('dropbox', ENTRY, terminal)
    await saveCredentials('__proto__', { token: 'other' }, terminal)
    expect(await saveCredentials('dropbox', { refreshToken: 'new' }, terminal)).toBe(true)
    expect((await readCredentials(terminal)).get('dropbox')).toEqual({ refreshToken: 'new' })
    expect(await saveCredentials('dropbox', null, terminal)).toBe(true)
    expect([...(await readCredentials(terminal)).keys()]).toEqual(['__proto__'])
    expect(await readFile(credentialsPath(terminal), 'utf8')).not.toContain('new')
  })

  it('that others may read earn a warning', async () => {
    const terminal = await terminalAtHome()
    await saveCredentials('dropbox', ENTRY, terminal)
    await chmod(credentialsPath(terminal), 0o640)
    await readCredentials(terminal)
    expect(terminal.err()).toContain('chmod 600')
  })

  it.each([
    '',
    '{"dropbox":"hunter2"',
    '["hunter2"]',
    '{"dropbox":"hunter2"}',
    '{"dropbox":{"refreshToken":["hunter2"]}}',
  ])('in a damaged file %j are refused, neither repeated nor written over', async (text) => {
    const terminal = await terminalAtHome()
    const path = credentialsPath(terminal)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, text, { mode: 0o600 })
    const refusal = { exitCode: 2, message: expect.not.stringContaining('hunter2') }
    await expect(readCredentials(terminal)).rejects.toMatchObject(refusal)
    await expect(saveCredentials('dropbox', ENTRY, terminal)).rejects.toMatchObject(refusal)
    expect(await readFile(path, 'utf8')).toBe(text)
  })
})

it.each([
  ['linux', {}, '/home/ada/.config'],
  ['linux', { XDG_CONFIG_HOME: '/etc/ada' }, '/etc/ada'],
  ['linux', { XDG_CONFIG_HOME: 'relative' }, '/home/ada/.config'],
  ['darwin', {}, '/home/ada/Library/Application Support'],
  ['win32', { APPDATA: 'C:\\Users\\ada\\AppData\\Roaming' }, 'C:\\Users\\ada\\AppData\\Roaming'],
  ['win32', {}, '/home/ada/AppData/Roaming'],
  ['win32', { APPDATA: 'relative' }, '/home/ada/AppData/Roaming'],
] as const)('settings on %s with %j lie in %s', (platform, env, directory) => {
  expect(userDirectoryOf('config', platform, env, '/home/ada')).toBe(directory)
})
