import fs from 'node:fs'
import { join } from 'node:path'
import { errorCode } from '@vaultdb/core'
import { createFileStore } from '@vaultdb/fs'
import { afterAll, describe, expect, test } from 'vitest'
import { scratchFolder } from './store-for-children.ts'

const scratch = scratchFolder()
afterAll(scratch.dispose)

let folders = 0
const freshFolder = (): string => join(scratch.path, `folder-${folders++}`)

async function vault(): Promise<{ folder: string; head: string; version: string }> {
  const folder = freshFolder()
  const store = createFileStore(folder)
  const version = await store.write('vault', new Uint8Array(10), null)
  await store.write('shards/0', new Uint8Array(10), null)
  return { folder, head: `head.${version}`, version }
}

async function refusal(request: Promise<unknown>): Promise<unknown> {
  return await request.then(
    () => 'not refused',
    (error: unknown) => error,
  )
}

async function expectFork(folder: string, version: string): Promise<void> {
  const store = createFileStore(folder)
  const requests = [() => store.read('vault'), () => store.write('vault', new Uint8Array(1), version)]
  for (const request of requests) {
    const error = await refusal(request())
    expect(errorCode(error)).toBe('ERR_FORK')
    expect(String(error)).toContain('the store made for that service')
  }
}

describe('conflict copies of a sync service', () => {
  test.each([
    (name: string) => `${name} (Anna's conflicted copy 2026-05-01)`,
    (name: string) => name.replace(/\.([^.]*)$/, " (Anna's MacBook (2)'s conflicted copy 2026-05-01).$1"),
    (name: string) => `${name} (conflicted copy 2026-05-01 101112)`,
    (name: string) => name.replace(/\.([^.]*)$/, '.sync-conflict-20260501-101112-ABCDEF7.$1'),
    (name: string) => name.replace(/\.([^.]*)$/, '-DESKTOP-4F2K.$1'),
    (name: string) => `${name} (1)`,
    (name: string) => `${name} 2`,
    (name: string) => name.replace(/\.([^.]*)$/, ' 2.$1'),
  ])('in the folder of a file: ERR_FORK (%#)', async (copyOf) => {
    for (const which of ['head', 'content'] as const) {
      const { folder, head, version } = await vault()
      fs.writeFileSync(join(folder, 'vault.blob', copyOf(which === 'head' ? head : version)), '')
      await expectFork(folder, version)
    }
  })

  test.each([
    'vault (1).blob',
    'vault 2.blob',
    'vault.sync-conflict-20260501-101112-ABCDEF7.blob',
    'vault.blob (conflicted copy)',
  ])('of a whole folder: ERR_FORK (%s)', async (name) => {
    const { folder, version } = await vault()
    fs.mkdirSync(join(folder, name))
    await expectFork(folder, version)
  })

  test('of the folder above: ERR_FORK', async () => {
    const { folder } = await vault()
    fs.mkdirSync(join(folder, 'shards (1)'))
    expect(errorCode(await refusal(createFileStore(folder).read('shards/0')))).toBe('ERR_FORK')
  })

  test('two machines that went on from one version, brought together without a copy: ERR_FORK', async () => {
    const { folder, version } = await vault()
    const other = freshFolder()
    fs.cpSync(folder, other, { recursive: true })
    await createFileStore(folder).write('vault', new Uint8Array(1), version)
    const theirs = await createFileStore(other).write('vault', new Uint8Array(2), version)
    fs.cpSync(other, folder, { recursive: true })
    await expectFork(folder, theirs)
  })

  test('other names are left alone', async () => {
    const { folder, version } = await vault()
    const names = ['.DS_Store', 'Thumbs.db', 'desktop.ini', 'notes (1).txt', '.stfolder', 'letter 2.doc']
    for (const name of names) fs.writeFileSync(join(folder, name), '')
    for (const name of names) fs.writeFileSync(join(folder, 'vault.blob', name), '')
    const store = createFileStore(folder)
    expect(await store.read('vault')).toMatchObject({ version })
    await store.write('vault', new Uint8Array(1), version)
    expect(fs.readdirSync(folder)).toEqual(expect.arrayContaining(names))
    expect(fs.readdirSync(join(folder, 'vault.blob'))).toEqual(expect.arrayContaining(names))
  })
})
