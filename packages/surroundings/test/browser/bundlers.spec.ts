import { expect, test } from '@playwright/test'
import { build, transform } from 'esbuild'
import { pageFor, STRICT_POLICY, serveFiles } from '../../../browsers/site/serve-files.ts'
import { type Bundle, bundlers } from './bundlers.ts'

/** What only some surroundings have, code made from text, and code that comes later than the page. */
const FOREIGN = [
  /\bBuffer\b/,
  /\brequire\s*\(/,
  /\bimport\s*\(/,
  /\b(from|import)\s*["']/,
  /\beval\s*\(/,
  /\bFunction\s*\(/,
  /\bWebAssembly\b/,
  /\bprocess\.(env|nextTick|version|browser)\b/,
  /\b(Deno|Bun)\b/,
  /\bsetImmediate\b/,
]

function foreignTo(text: string): RegExp[] {
  return FOREIGN.filter((pattern) => pattern.test(text))
}

/** The code alone, without comments, of each script. */
function scripts({ files }: Bundle): Promise<string[]> {
  const texts = [...files].filter(([name]) => name.endsWith('.js')).map(([, text]) => text)
  return Promise.all(texts.map(async (text) => (await transform(text, { minify: true, target: 'es2022' })).code))
}

test('what is foreign to browsers is recognised', async () => {
  const { code } = await transform(
    "import 'node:fs'; Buffer.from(''); await import('x'); eval(''); new WebAssembly.Module(x)",
  )
  expect(foreignTo(code)).toHaveLength(5)
})

const BROWSER_PACKAGES = [
  ...['@vaultdb/core', '@vaultdb/core/adapter', '@vaultdb/core/maintenance', '@vaultdb/core/testing'],
  ...['@vaultdb/indexeddb', '@vaultdb/localstorage'],
]

for (const name of BROWSER_PACKAGES) {
  test(`nothing in all of ${name} is foreign to browsers`, async () => {
    const { outputFiles, warnings } = await build({
      stdin: { contents: `export * from '${name}'`, resolveDir: import.meta.dirname },
      bundle: true,
      minify: true,
      format: 'esm',
      write: false,
      logLevel: 'silent',
    })
    expect(warnings).toEqual([])
    expect(outputFiles.flatMap(({ text }) => foreignTo(text))).toEqual([])
  })
}

for (const { name, bundle } of bundlers) {
  test(`an application bundled by ${name} runs under the strict policy`, async ({ page }) => {
    const made = await bundle()
    expect(made.warnings).toEqual([])
    const texts = await scripts(made)
    expect(texts).toHaveLength(1)
    expect(texts.flatMap(foreignTo)).toEqual([])

    const complaints: string[] = []
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(String(error)))
    const site = await serveFiles(new Map([['index.html', pageFor('app.js')], ...made.files]))
    try {
      for (const visit of [1, 2]) {
        const response = await page.goto(site.origin)
        expect(response?.headers()['content-security-policy']).toBe(STRICT_POLICY)
        await expect(page.locator('output')).toHaveText(`Visit ${visit}`)
      }
    } finally {
      await site.close()
    }
    expect(complaints).toEqual([])
  })
}
