import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { credentials, makeBucket, optionsFor } from '../../../s3/test/server/buckets.ts'
import { openShell, type Shell } from '../built-program.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const KEYS = {
  AWS_ACCESS_KEY_ID: credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  AWS_SESSION_TOKEN: '',
}

interface Setting {
  readonly home: string
  readonly shell: Shell
}

async function withBucket(prefix: string, env: Record<string, string>): Promise<Setting> {
  const bucket = await makeBucket()
  const home = await temporaryFolder()
  const store = `s3://${bucket}/${prefix}?endpoint=${encodeURIComponent(optionsFor(bucket).endpoint)}`
  const common = { VAULTDB_STORE: store, VAULTDB_PASSWORD: 'correct horse', VAULTDB_DEBUG: '1', XDG_CACHE_HOME: '' }
  return { home, shell: openShell(home, { ...common, ...env }) }
}

function assertSecret(shell: Shell): void {
  expect(shell.printed()).not.toContain(credentials.secretAccessKey)
  expect(shell.printed()).not.toContain('hunter2')
}

describe('a vault in a bucket', () => {
  it('lives its life with keys of the environment; the bucket is tried once', async () => {
    const { home, shell } = await withBucket('team/vault', KEYS)
    expect(await shell.run(['init'])).toMatchObject({ status: 0, err: '' })
    const cache = join(home, process.platform === 'darwin' ? 'Library/Caches' : '.cache', 'vaultdb/s3-buckets.json')
    const found = await readFile(cache, 'utf8')
    expect(Object.values(JSON.parse(found))).toEqual([
      { foundMs: expect.any(Number), traits: expect.objectContaining({ ifMatch: 'unquoted' }) },
    ])
    const lines = Array.from({ length: 200 }, (_, n) => `{"path":"/d${n % 5}/n${n}","value":${n}}\n`).join('')
    expect(await shell.run(['import', '-', '--format', 'jsonl'], lines)).toMatchObject({ status: 0, err: '' })
    expect(await shell.run(['put', '/a', '--text'], 'note')).toMatchObject({ status: 0, err: '' })
    expect(await shell.run(['get', '/a'])).toEqual({ status: 0, out: 'note\n', err: '' })
    expect((await shell.run(['find'])).out.split('\n')).toHaveLength(202)
    expect(await shell.run(['check'])).toMatchObject({ status: 0 })
    expect(await readFile(cache, 'utf8')).toBe(found)
    assertSecret(shell)
  })

  it('opens with a profile', async () => {
    const { home, shell } = await withBucket('', { AWS_PROFILE: 'team' })
    await mkdir(join(home, '.aws'))
    const { accessKeyId, secretAccessKey } = credentials
    const profile = `[team]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`
    await writeFile(join(home, '.aws/credentials'), profile)
    expect(await shell.run(['init'])).toMatchObject({ status: 0, err: '' })
    expect(await shell.run(['list'])).toEqual({ status: 0, out: '', err: '' })
    assertSecret(shell)
  })

  it('is refused without keys, with wrong ones, and with a bucket that is not there', async () => {
    const { shell } = await withBucket('', {})
    const without = await shell.run(['list', '--json'])
    expect(JSON.parse(without.err).error).toMatchObject({
      code: 'ERR_UNAUTHORIZED',
      exitCode: 9,
      message: expect.stringContaining('AWS_ACCESS_KEY_ID'),
    })
    expect(await shell.run(['list'], '', { ...KEYS, AWS_SECRET_ACCESS_KEY: 'hunter2' })).toMatchObject({ status: 9 })
    const { endpoint } = optionsFor('')
    const elsewhere = ['--store', `s3://not-there?endpoint=${endpoint}`]
    expect(await shell.run(['list', ...elsewhere], '', KEYS)).toMatchObject({ status: 10 })
    const nowhere = ['--store', 's3://bucket/a//b?endpoint=http://127.0.0.1:1']
    expect(await shell.run(['list', ...nowhere], '', KEYS)).toMatchObject({ status: 2 })
    const unclear = ['--store', 's3://bucket']
    expect(await shell.run(['list', ...unclear], '', KEYS)).toMatchObject({
      status: 2,
      err: expect.stringContaining('region'),
    })
    assertSecret(shell)
  })
})
