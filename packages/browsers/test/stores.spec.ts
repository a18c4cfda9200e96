import { expect } from '@playwright/test'
import type { Context } from '../pages/page.ts'
import { type SuiteName, suites } from '../pages/suites.ts'
import { test } from './fixtures.ts'

/** Where each suite can run. */
const contexts: Record<SuiteName, readonly Context[]> = {
  memory: ['page', 'dedicated'],
}

test('the page is a secure context and its policy forbids eval', async ({ openClient }) => {
  const client = await openClient()
  expect(await client.surroundings()).toEqual({ allowsEval: false, isSecureContext: true, hasSubtle: true })
})

for (const suite of Object.keys(suites) as SuiteName[]) {
  for (const context of contexts[suite]) {
    test(`${suite}: conformance and vaults' lives, ${context}`, async ({ openClient }) => {
      const client = await openClient()
      const reports = await client.run(context, 'runSuite', suite)
      expect(reports.map(({ name }) => name)).toEqual(suites[suite].map(({ name }) => name))
      expect(reports.filter(({ error }) => error !== undefined)).toEqual([])
    })
  }
}
