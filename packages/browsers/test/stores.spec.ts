import { expect } from '@playwright/test'
import { type SuiteName, suites } from '../pages/suites.ts'
import { test } from './fixtures.ts'

test('the page is a secure context and its policy forbids eval', async ({ openClient }) => {
  const client = await openClient()
  expect(await client.surroundings()).toEqual({ allowsEval: false, isSecureContext: true, hasSubtle: true })
})

for (const suite of Object.keys(suites) as SuiteName[]) {
  const { trials, contexts } = suites[suite]
  for (const context of contexts) {
    test(`${suite}: conformance, vaults' lives and what it must stand, in context: ${context}`, async ({
      openClient,
    }) => {
      const client = await openClient()
      const reports = await client.run(context, 'runSuite', suite)
      expect(reports.map(({ name }) => name)).toEqual(trials.map(({ name }) => name))
      expect(reports.filter(({ error }) => error !== undefined)).toEqual([])
    })
  }
}
