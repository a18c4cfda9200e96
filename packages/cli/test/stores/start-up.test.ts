import { existsSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { openShell } from '../built-program.ts'
import { createCheapVault } from '../cheap-vault.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const DIST = new URL('../../dist/', import.meta.url)

beforeAll(() => {
  if (!existsSync(new URL('vaultdb.js', DIST))) throw new Error('Build the packages first: npm run build')
})

/** The packages that a built module imports before it runs, and those of the modules that it imports in turn. */
async function importedPackages(module: URL, seen: Set<string> = new Set()): Promise<Set<string>> {
  const code = await readFile(module, 'utf8')
  const specifiers = [...code.matchAll(/^(?:import|export)\b[^;'"]*["']([^"']+)["']/gm)].map(([, name = '']) => name)
  for (const name of specifiers) {
    if (seen.has(name)) continue
    seen.add(name)
    if (name.startsWith('.')) await importedPackages(new URL(name, module), seen)
  }
  return seen
}

describe('a start of the program', () => {
  it('loads the store for folders, and none that needs a network', async () => {
    const names = await importedPackages(new URL('vaultdb.js', DIST))
    expect([...names].filter((name) => name.startsWith('@vaultdb/')).sort()).toEqual([
      '@vaultdb/core',
      '@vaultdb/core/maintenance',
      '@vaultdb/fs',
    ])
  })
})

it('an editor is not told the tokens and passwords', async () => {
  const home = await temporaryFolder()
  await createCheapVault(join(home, 'vault'), 'hunter2')
  const shell = openShell(home, {
    VAULTDB_STORE: 'file:./vault',
    VAULTDB_PASSWORD: 'hunter2',
    VAULTDB_NEW_PASSWORD: 'hunter2',
    DROPBOX_ACCESS_TOKEN: 'hunter2',
    DROPBOX_REFRESH_TOKEN: 'hunter2',
    REMOTESTORAGE_TOKEN: 'hunter2',
    EDITOR: 'env > environment; true',
  })
  expect(await shell.run(['put', '/a', '--edit'])).toMatchObject({ status: 0 })
  expect((await stat(join(home, 'environment'))).size).toBeGreaterThan(0)
  expect(await readFile(join(home, 'environment'), 'utf8')).not.toContain('hunter2')
})
