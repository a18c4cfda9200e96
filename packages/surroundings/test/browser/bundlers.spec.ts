import { expect, test } from '@playwright/test'
import { transform } from 'esbuild'
import { type Bundle, bundlers } from './bundlers.ts'
import { pageFor, serveFiles } from './site.ts'

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

/** The code alone, without comments, of each script. */
function scripts({ files }: Bundle): Promise<string[]> {
  const texts = [...files].filter(([name]) => name.endsWith('.js')).map(([, text]) => text)
  return Promise.all(texts.map(async (text) => (await transform(text, { minify: true, target: 'es2022' })).code))
}

for (const { name, bundle } of bundlers) {
  test(`an application bundled by ${name} runs under the strict policy`, async ({ page }) => {
    const made = await bundle()
    expect(made.warnings).toEqual([])
    const texts = await scripts(made)
    expect(texts).toHaveLength(1)
    for (const text of texts) expect(FOREIGN.filter((pattern) => pattern.test(text))).toEqual([])

    const complaints: string[] = []
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(String(error)))
    const site = await serveFiles(new Map([['index.html', pageFor('app.js')], ...made.files]))
    try {
      for (const visit of [1, 2]) {
        await page.goto(site.origin)
        await expect(page.locator('output')).toHaveText(`Visit ${visit}`)
      }
    } finally {
      await site.close()
    }
    expect(complaints).toEqual([])
  })
}
