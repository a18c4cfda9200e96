import { expect, test } from '@playwright/test'
import { type DropboxEmulator, startDropboxEmulator } from '@vaultdb/dropbox-emulator'
import type { Site } from '../../../browsers/site/serve-files.ts'
import { servePage } from '../../../browsers/site/serve-page.ts'
import type { TrialReport } from '../../../core/test/support/trials.ts'
import type { Place } from './page/trials.ts'

let dropbox: DropboxEmulator
let site: Site
test.beforeAll(async () => {
  dropbox = await startDropboxEmulator()
  site = await servePage(
    [new URL('page/page.ts', import.meta.url), new URL('page/worker.ts', import.meta.url)],
    `default-src 'self'; connect-src ${dropbox.url}`,
  )
})
test.afterAll(async () => {
  await site?.close()
  await dropbox?.close()
})

for (const context of ['inPage', 'inWorker'] as const) {
  test(`conformance and vaults' lives across origins, ${context}`, async ({ page }) => {
    await page.goto(site.origin)
    const place: Place = { url: dropbox.url, accessToken: dropbox.issueToken(), context }
    const reports = await page.evaluate(
      ([name, where]) =>
        (globalThis as unknown as Record<typeof name, (place: Place) => Promise<TrialReport[]>>)[name](where),
      [context, place] as const,
    )
    expect(reports.length).toBeGreaterThan(40)
    expect(reports.filter(({ error }) => error !== undefined)).toEqual([])
    expect(dropbox.preflights).toBeGreaterThan(0)
  })
}
