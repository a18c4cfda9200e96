import { expect } from '@playwright/test'
import type { StoreName } from '../pages/stores.ts'
import { test } from './fixtures.ts'

for (const store of ['indexeddb', 'localstorage'] satisfies StoreName[]) {
  test(`in a private window ${store} stands what it stands elsewhere, and keeps a vault until it is closed`, async ({
    privately,
    freshName,
  }) => {
    const place = { store, name: freshName }
    await privately(async (client) => {
      const reports = await client.run('page', 'runSuite', store)
      expect(reports.filter(({ error }) => error !== undefined)).toEqual([])
      await client.run('page', 'createVault', place)
      expect(await client.run('page', 'opening', place)).toBe('opened')
    })
    expect(await privately((client) => client.run('page', 'opening', place))).toBe('ERR_MISSING')
  })
}
