// Playwright's contexts are off the record, as private windows are.

import { expect, test } from '@playwright/test'
import { type Site, serveFiles } from '../../../browsers/site/serve-files.ts'
import { drivenPage, ready } from './driver.ts'
import type { page as driven } from './page.ts'

declare const vaultdb: typeof driven

let site: Site
test.beforeAll(async () => {
  site = await serveFiles(await drivenPage())
})
test.afterAll(() => site.close())

for (const kind of ['indexeddb', 'localstorage'] as const) {
  test(`in a private window vaults live in ${kind}, until it is closed`, async ({ browser }) => {
    const context = await browser.newContext()
    const page = await context.newPage()
    await page.goto(site.origin)
    await ready(page)
    await page.evaluate((kind) => vaultdb.live(kind), kind)
    await page.evaluate(async (kind) => {
      const { VaultDB, stores, key } = vaultdb
      await (await VaultDB.create(stores[kind]('vault'), { key })).close()
    }, kind)
    await context.close()

    const later = await browser.newContext()
    const fresh = await later.newPage()
    await fresh.goto(site.origin)
    await ready(fresh)
    const outcome = await fresh.evaluate(async (kind) => {
      const { VaultDB, stores, key, outcomeOf } = vaultdb
      return await outcomeOf(() => VaultDB.open(stores[kind]('vault'), { key }))
    }, kind)
    expect(outcome.code).toBe('ERR_MISSING')
    await later.close()
  })
}
