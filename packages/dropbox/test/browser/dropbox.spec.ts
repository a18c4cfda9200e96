import { expect, test } from '@playwright/test'
import { type DropboxEmulator, startDropboxEmulator } from '@vaultdb/dropbox-emulator'
import type { Place, TrialReport } from './page/trials.ts'
import { serveSite } from './site.ts'

let dropbox: DropboxEmulator
let site: Awaited<ReturnType<typeof serveSite>>
test.beforeAll(async () => {
  dropbox = await startDropboxEmulator()
  site = await serveSite(dropbox.url)
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
