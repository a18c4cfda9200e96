import { posix } from 'node:path'
import { expect, type Page, test } from '@playwright/test'
import { build, transform } from 'esbuild'
import { pageFor, STRICT_POLICY, serveFiles } from '../../../browsers/site/serve-files.ts'
import { type Bundle, bundlers } from './bundlers.ts'
import { foreignTo, IN_DROPBOX, IN_REMOTESTORAGE } from './foreign.ts'
import { beRemoteServices } from './remote-services.ts'

/** The code alone, without comments, of each script. */
function scripts({ files }: Bundle): Promise<string[]> {
  const texts = [...files].filter(([name]) => name.endsWith('.js')).map(([, text]) => text)
  return Promise.all(texts.map(async (text) => (await transform(text, { minify: true, target: 'es2022' })).code))
}

test('what is foreign to browsers is recognised', async () => {
  const { code } = await transform(
    "import 'node:fs'; export * from 'y'; Buffer.from(''); await import('x'); eval(''); new WebAssembly.Module(x)",
    { minify: true },
  )
  expect(foreignTo(code)).toHaveLength(5)
  expect(foreignTo('import"./a.js";export*from"./a.js";import("./b.js")', [], ['b.js'])).toHaveLength(1)
})

/** With what their libraries hold for other surroundings, and never reach in a browser. */
const BROWSER_PACKAGES: readonly (readonly [name: string, known: readonly RegExp[]])[] = [
  ['@vaultdb/core', []],
  ['@vaultdb/core/adapter', []],
  ['@vaultdb/core/maintenance', []],
  ['@vaultdb/core/testing', []],
  ['@vaultdb/dropbox', IN_DROPBOX],
  ['@vaultdb/indexeddb', []],
  ['@vaultdb/localstorage', []],
  ['@vaultdb/remotestorage', IN_REMOTESTORAGE],
  ['@vaultdb/s3', []],
]

for (const [name, known] of BROWSER_PACKAGES) {
  const but = known.length === 0 ? '' : ', but for what its library keeps for others'
  test(`nothing in all of ${name} is foreign to browsers${but}`, async () => {
    const { outputFiles, warnings } = await build({
      stdin: { contents: `export * from '${name}'`, resolveDir: import.meta.dirname },
      bundle: true,
      minify: true,
      format: 'esm',
      write: false,
      logLevel: 'silent',
    })
    expect(warnings).toEqual([])
    const code = outputFiles.map(({ text }) => text).join('\n')
    expect(foreignTo(code, known)).toEqual([])
    expect(known.filter((pattern) => !pattern.test(code))).toEqual([])
  })
}

/** Visits the page of a bundle; whatever the browser says about it, as about code that the policy forbids. */
async function visit(page: Page, made: Bundle, look: (origin: string) => Promise<void>): Promise<string[]> {
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(String(error)))
  const site = await serveFiles(new Map([['index.html', pageFor('app.js')], ...made.files]))
  try {
    // What has this name may be sought without TLS, by remoteStorage's library too.
    await look(`http://localhost:${site.port}`)
  } finally {
    await site.close()
  }
  return complaints
}

test('code that the policy forbids is complained of where it is reached, also when its error is caught', async ({
  page,
}) => {
  const made = { files: new Map([['app.js', 'try { Function("return this")() } catch {}']]), warnings: [] }
  const complaints = await visit(page, made, async (origin) => {
    await page.goto(origin)
  })
  expect(complaints).toEqual([expect.stringContaining("'script-src'")])
})

for (const { name, bundle } of bundlers) {
  test(`an application bundled by ${name} runs under the strict policy`, async ({ page }) => {
    const made = await bundle('app')
    expect(made.warnings).toEqual([])
    const texts = await scripts(made)
    expect(texts).toHaveLength(1)
    expect(texts.flatMap((text) => foreignTo(text))).toEqual([])
    const complaints = await visit(page, made, async (origin) => {
      for (const visit of [1, 2]) {
        const response = await page.goto(origin)
        expect(response?.headers()['content-security-policy']).toBe(STRICT_POLICY)
        await expect(page.locator('output')).toHaveText(`Visit ${visit}`)
      }
    })
    expect(complaints).toEqual([])
  })

  test(`an application of remote stores bundled by ${name} runs under the strict policy`, async ({ page }) => {
    const made = await bundle('remote-app')
    // Where Dropbox's library requires Node's modules for downloads into files, in two places.
    const critical = 'Critical dependency: the request of a dependency is an expression'
    expect(made.warnings).toEqual(name === 'webpack' ? [critical, critical] : [])
    const texts = await scripts(made)
    const known = [...IN_DROPBOX, ...IN_REMOTESTORAGE]
    const files = [...made.files.keys()].map((path) => posix.basename(path))
    expect(texts.flatMap((text) => foreignTo(text, known, files))).toEqual([])
    const complaints = await visit(page, made, async (origin) => {
      await beRemoteServices(page, origin)
      await page.goto(origin)
      await expect(page.locator('output')).toHaveText(
        'dropbox has vault; remotestorage has vault; remotestorage has vault; s3 has vault',
      )
    })
    expect(complaints).toEqual([])
  })
}
