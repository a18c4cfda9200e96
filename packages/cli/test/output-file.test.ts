import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { assertFree, writeOutputFile } from '../src/transfer/output-file.ts'
import { createFakeTerminal } from './fake-terminal.ts'
import { temporaryFolder } from './temporary-folder.ts'

async function* text(...pieces: (string | Error)[]): AsyncIterable<string> {
  for (const piece of pieces) {
    if (typeof piece !== 'string') throw piece
    yield piece
  }
}

describe('an exported file', () => {
  it('is complete, and only its owner can read it', async () => {
    const folder = await temporaryFolder()
    const path = join(folder, 'out.csv')
    await writeOutputFile(path, text('one\n', 'two\n'), false, createFakeTerminal())
    expect(await readFile(path, 'utf8')).toBe('one\ntwo\n')
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(await readdir(folder)).toEqual(['out.csv'])
  })

  it('does not replace one that came after the first look', async () => {
    const folder = await temporaryFolder()
    const path = join(folder, 'out.csv')
    async function* slow(): AsyncIterable<string> {
      await writeFile(path, 'precious')
      yield 'new'
    }
    await expect(writeOutputFile(path, slow(), false, createFakeTerminal())).rejects.toMatchObject({ exitCode: 2 })
    expect(await readFile(path, 'utf8')).toBe('precious')
    expect(await readdir(folder)).toEqual(['out.csv'])
  })

  it('leaves nothing behind, and the old one untouched, when writing fails', async () => {
    const folder = await temporaryFolder()
    const path = join(folder, 'out.csv')
    await writeFile(path, 'old')
    const failing = text('half', new Error('stopped'))
    await expect(writeOutputFile(path, failing, true, createFakeTerminal())).rejects.toThrow('stopped')
    expect(await readFile(path, 'utf8')).toBe('old')
    expect(await readdir(folder)).toEqual(['out.csv'])
  })

  it('replaces another only when told to, and then with its own mode', async () => {
    const path = join(await temporaryFolder(), 'out.csv')
    await writeFile(path, 'old', { mode: 0o644 })
    await expect(assertFree(path, false)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('--force'),
    })
    await assertFree(path, true)
    await writeOutputFile(path, text('new'), true, createFakeTerminal())
    expect(await readFile(path, 'utf8')).toBe('new')
    expect((await stat(path)).mode & 0o777).toBe(0o600)
  })

  it('never takes the place of a folder', async () => {
    const path = join(await temporaryFolder(), 'folder')
    await mkdir(path)
    await expect(assertFree(path, true)).rejects.toMatchObject({ exitCode: 2 })
  })
})
