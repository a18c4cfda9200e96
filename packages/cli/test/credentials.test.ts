import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { firstPassword, obtainPassword, vaultPassword } from '../src/credentials.ts'
import { createFakeTerminal, type FakeOptions } from './fake-terminal.ts'
import { temporaryFolder } from './temporary-folder.ts'

const signal = new AbortController().signal

async function passwordFile(content: string | Uint8Array, mode = 0o600): Promise<string> {
  const file = join(await temporaryFolder(), 'password')
  await writeFile(file, content)
  await chmod(file, mode)
  return file
}

function obtain(file: string | undefined, options: FakeOptions = {}) {
  const terminal = createFakeTerminal(options)
  return { terminal, password: obtainPassword(vaultPassword(file), terminal, signal) }
}

describe('a password', () => {
  it.each([
    ['s3cret', 's3cret'],
    ['s3cret\n', 's3cret'],
    ['s3cret\r\n', 's3cret'],
    [' two words \n\n', ' two words \n'],
  ])('is the text of the file %j without the last line end', async (content, password) => {
    await expect(obtain(await passwordFile(content)).password).resolves.toBe(password)
  })

  it('comes from the file before the environment, and from there before a prompt', async () => {
    const env = { VAULTDB_PASSWORD: 'from env' }
    await expect(obtain(await passwordFile('from file'), { env }).password).resolves.toBe('from file')
    const { terminal, password } = obtain(undefined, { env, answers: ['typed'] })
    await expect(password).resolves.toBe('from env')
    expect(terminal.questions).toEqual([])
  })

  it('is asked for once to open, and twice to create', async () => {
    const { terminal, password } = obtain(undefined, { answers: ['typed'] })
    await expect(password).resolves.toBe('typed')
    expect(terminal.questions).toEqual(['Password'])
    const same = createFakeTerminal({ answers: ['new', 'new'] })
    await expect(obtainPassword(firstPassword(undefined), same, signal)).resolves.toBe('new')
    const other = createFakeTerminal({ answers: ['new', 'knew'] })
    await expect(obtainPassword(firstPassword(undefined), other, signal)).rejects.toMatchObject({ exitCode: 3 })
  })

  it('is missing where there is nobody to ask', async () => {
    await expect(obtain(undefined).password).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringContaining('--password-file'),
    })
  })

  it.each([
    ['an empty file', ''],
    ['a file that holds a line end only', '\n'],
    ['a file that is too long', 'x'.repeat(1025)],
    ['bytes that are no text', new Uint8Array([0xff, 0xfe, 0x41])],
  ])('is refused from %s', async (_name, content) => {
    await expect(obtain(await passwordFile(content)).password).rejects.toMatchObject({ exitCode: 3 })
  })

  it('is refused when empty, from the environment as from a prompt', async () => {
    await expect(obtain(undefined, { env: { VAULTDB_PASSWORD: '' } }).password).rejects.toMatchObject({ exitCode: 3 })
    await expect(obtain(undefined, { answers: [''] }).password).rejects.toMatchObject({ exitCode: 3 })
  })

  it('in a missing file is an error of usage', async () => {
    await expect(obtain('/nowhere/password').password).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('no such file'),
    })
  })

  it('in a file that others may read earns a warning', async () => {
    const { terminal, password } = obtain(await passwordFile('s3cret', 0o644))
    await expect(password).resolves.toBe('s3cret')
    expect(terminal.err()).toContain('chmod 600')
    const { terminal: quiet, password: again } = obtain(await passwordFile('s3cret', 0o600))
    await again
    expect(quiet.err()).toBe('')
  })
})
