import { fileURLToPath } from 'node:url'
import type { Frame, Page } from '@playwright/test'
import { build } from 'esbuild'
import { pageFor } from '../../../browsers/site/serve-files.ts'
import { builtCore } from '../built-core.ts'

/** The files of a site whose page is driven by tests. */
export async function drivenPage(): Promise<Map<string, string>> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('page.ts', import.meta.url))],
    bundle: true,
    format: 'esm',
    write: false,
    logLevel: 'warning',
    plugins: [builtCore],
  })
  return new Map([['index.html', pageFor('page.js')], ...outputFiles.map(({ text }) => ['page.js', text] as const)])
}

/** Resolves when the page's script has run. */
export async function ready(page: Page | Frame): Promise<void> {
  await page.waitForFunction(() => 'vaultdb' in globalThis)
}
