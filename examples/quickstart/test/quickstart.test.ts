import { spawn } from 'node:child_process'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { readBrowserCsv } from '../../../packages/cli/src/csv.ts'
import { temporaryFolder } from '../../../packages/cli/test/temporary-folder.ts'

const SCRIPT = fileURLToPath(new URL('../quickstart.mjs', import.meta.url))
const PASSWORDS = fileURLToPath(new URL('../passwords.csv', import.meta.url))

/** Runs the quickstart with the vault's folder below `temporary`. */
async function quickstart(
  temporary: string,
  ...args: string[]
): Promise<{ status: number | null; out: string; err: string }> {
  const env = { PATH: process.env.PATH, TMPDIR: temporary, TEMP: temporary, INIT_CWD: temporary }
  const child = spawn(process.execPath, [SCRIPT, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const status = new Promise<number | null>((resolve) => child.once('close', resolve))
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { status: await status, out, err }
}

describe('the quickstart', () => {
  it('does the main job on its own file', async () => {
    const folder = await temporaryFolder()
    const { status, out, err } = await quickstart(folder)
    expect({ status, err }).toEqual({ status: 0, err: '' })
    expect(out).toContain('298 logins in')
    for (const line of [91, 157, 221, 282]) expect(out).toContain(`  line ${line}: `)
    expect(out).toContain('came back as it was')
    expect(out).toContain('it sees: changed by the quickstart')
    expect(out).not.toContain('HOLDS')
    const steps = out.match(/^.*: \d+ requests in \d+ rounds, \d+ bytes read, \d+ written$/gm)
    expect(steps).toHaveLength(7)
    expect(out).toMatch(/^Update it: 1 requests in 1 rounds/m)
  })

  it('leaves nothing of any login in the clear', async () => {
    const folder = await temporaryFolder()
    await quickstart(folder)
    const { entries } = readBrowserCsv(await readFile(PASSWORDS))
    const secrets = entries
      .flatMap(({ password, username, note }) => [password, username, note])
      .filter((secret) => secret.length > 8)
    expect(secrets.length).toBeGreaterThan(300)
    const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
    expect(files.length).toBeGreaterThan(2)
    for (const { parentPath, name } of files) {
      const bytes = await readFile(join(parentPath, name))
      expect(secrets.filter((secret) => bytes.includes(secret) || name.includes(secret))).toEqual([])
    }
  })

  it("takes another file, by a path from the user's directory", async () => {
    const folder = await temporaryFolder()
    await writeFile(
      join(folder, 'mine.csv'),
      'name,url,username,password,note\nA,https://a.example,bob,p1-long-enough,\nbad\n',
    )
    const { status, out } = await quickstart(folder, 'mine.csv')
    expect(status).toBe(0)
    expect(out).toContain('1 logins in')
    expect(out).toContain('line 3: 1 columns instead of 5')
    expect(out).toContain('/logins/a.example/bob came back as it was')
  })

  it('is shorter than 60 lines', async () => {
    expect((await readFile(SCRIPT, 'utf8')).trimEnd().split('\n').length).toBeLessThan(60)
  })
})
