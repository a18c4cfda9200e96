// Tabs in processes of their own, in Chromium; what holds in all engines is tried with whole vaults elsewhere.

import { expect, type Page as Tab, test } from '@playwright/test'
import type { Site } from '../../../browsers/site/serve-files.ts'
import { servePage } from '../../../browsers/site/serve-page.ts'
import type { Page } from './page.ts'

declare const page: Page

let site: Site
test.beforeAll(async () => {
  site = await servePage([new URL('page.ts', import.meta.url)])
})
test.afterAll(() => site.close())

const TIMES = 300
let tabs: readonly Tab[] = []

test.beforeEach(async ({ context }) => {
  tabs = await Promise.all([1, 2, 3].map(() => context.newPage()))
  for (const tab of tabs) {
    await tab.goto(site.origin)
    await tab.waitForFunction(() => 'page' in globalThis)
  }
})

test('three tabs count with compare-and-swap, and no step is lost', async () => {
  await Promise.all(tabs.map((tab) => tab.evaluate((times) => page.count(times), TIMES)))
  const counted = await Promise.all(tabs.map((tab) => tab.evaluate(() => page.counted())))
  expect(counted).toEqual(tabs.map(() => String(tabs.length * TIMES)))
})

test('what one tab was acknowledged, the next one reads', async () => {
  const [first, second] = tabs as [Tab, Tab]
  for (let count = 1; count <= 50; count += 1) {
    await first.evaluate(() => page.count(1))
    expect(await second.evaluate(() => page.counted())).toBe(String(count))
  }
})

test('a change is heard of in other tabs', async () => {
  const [first, second] = tabs as [Tab, Tab]
  await first.evaluate(() => page.watch())
  await second.evaluate(() => page.count(1))
  await first.waitForFunction(() => page.heard.length > 0)
  expect(await first.evaluate(() => page.heard)).toEqual(['vault'])
})
