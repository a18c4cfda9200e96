import { expect, test } from '@playwright/test'
import type { Driver } from './page.ts'
import { type Site, serveSite } from './site.ts'
import { type TrialReport, trialNames } from './trials.ts'

declare const driver: Driver

let site: Site
test.beforeAll(async () => {
  site = await serveSite()
})
test.afterAll(() => site.close())

test.beforeEach(async ({ page }) => {
  await page.goto(site.origin)
  await page.waitForFunction(() => 'driver' in globalThis)
})

function expectAllWell(reports: readonly TrialReport[]): void {
  expect(reports.map(({ name }) => name)).toEqual(trialNames)
  expect(reports.filter(({ error }) => error !== undefined)).toEqual([])
}

test('the page is a secure context and its policy forbids eval', async ({ page }) => {
  expect(await page.evaluate(() => isSecureContext && crypto.subtle !== undefined)).toBe(true)
  expect(await page.evaluate(() => driver.allowsEval)).toBe(false)
})

test('conformance and a whole life of a vault in a page', async ({ page }) => {
  expectAllWell(await page.evaluate(() => driver.runHere()))
})

test('conformance and a whole life of a vault in a dedicated worker', async ({ page }) => {
  expectAllWell(await page.evaluate(() => driver.runInWorker()))
})
