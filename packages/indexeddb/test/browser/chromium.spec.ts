// What takes the powers of a driver over the browser, which Playwright has over Chromium alone.

import { type CDPSession, expect, type Page as Tab, test } from '@playwright/test'
import type { Site } from '../../../browsers/site/serve-files.ts'
import { servePage } from '../../../browsers/site/serve-page.ts'
import type { Page } from './page.ts'

declare const page: Page

let site: Site
test.beforeAll(async () => {
  site = await servePage([new URL('page.ts', import.meta.url)])
})
test.afterAll(() => site.close())

async function visit(tab: Tab): Promise<CDPSession> {
  await tab.goto(site.origin)
  await tab.waitForFunction(() => 'page' in globalThis)
  return await tab.context().newCDPSession(tab)
}

/**
 * Gives the site room for so many bytes; as much as the browser sees fit, if that is left out. Before its first write: Chromium
 * remembers for a while how much room there was.
 */
async function setQuota(session: CDPSession, quotaSize?: number): Promise<void> {
  await session.send('Storage.overrideQuotaForOrigin', {
    origin: site.origin,
    ...(quotaSize === undefined ? {} : { quotaSize }),
  })
}

test('a file for which the site has no room is refused, and the one before it stays', async ({ page: tab }) => {
  const session = await visit(tab)
  await setQuota(session, 1_000_000)
  expect(await tab.evaluate(() => page.write(100_000))).toBe(undefined)
  expect(await tab.evaluate(() => page.write(8_000_000))).toBe('ERR_QUOTA')
  expect(await tab.evaluate(() => page.read())).toEqual({ bytes: 100_000, current: true })
  await setQuota(session)
  expect(await tab.evaluate(() => page.write(8_000_000))).toBe(undefined)
  expect(await tab.evaluate(() => page.read())).toEqual({ bytes: 8_000_000, current: true })
})

test('a vault that runs out of room in the middle of splits has lost nothing, and goes on when there is room', async ({
  page: tab,
}) => {
  const session = await visit(tab)
  await setQuota(session, 1_000_000)
  await tab.evaluate(() => page.create())
  const { acknowledged, code } = await tab.evaluate(() => page.putUntilFull(2000))
  expect(code).toBe('ERR_QUOTA')
  expect(acknowledged).toBeGreaterThan(10)
  await setQuota(session)
  expect(await tab.evaluate(() => page.lookAgain())).toEqual({ documents: acknowledged + 1, problems: [] })
})

test('a connection that the browser closes by force is opened again', async ({ page: tab }) => {
  const session = await visit(tab)
  expect(await tab.evaluate(() => page.write(1000))).toBe(undefined)
  await session.send('Storage.clearDataForOrigin', { origin: site.origin, storageTypes: 'indexeddb' })
  expect(await tab.evaluate(() => page.read())).toBe(null) // it took the database with it
  expect(await tab.evaluate(() => page.write(1000))).toBe('ERR_CONFLICT')
})

test('a change is heard of in other tabs', async ({ page: tab, context }) => {
  await visit(tab)
  await tab.evaluate(() => page.watch())
  const other = await context.newPage()
  await visit(other)
  expect(await other.evaluate(() => page.write(10))).toBe(undefined)
  await tab.waitForFunction(() => page.heard.length > 0)
  expect(await tab.evaluate(() => page.heard)).toEqual(['vault'])
})
