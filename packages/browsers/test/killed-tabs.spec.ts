import { expect } from '@playwright/test'
import { test } from './fixtures.ts'

const KILLS = 5
/** How much a tab has written, at least, when it is killed. */
const WRITES = 10

for (const store of ['indexeddb', 'localstorage'] as const) {
  test(`${store}: a tab killed in mid-write blocks nobody and takes nothing with it`, async ({ openClient, freshName }) => {
    const place = { store, name: freshName }
    const survivor = await openClient()
    await survivor.run('page', 'createVault', place)
    const survivors = ['/survivor']

    for (let kill = 1; kill <= KILLS; kill += 1) {
      const victim = await openClient()
      const paths = Array.from({ length: 4 }, (_, index) => `/victims/${kill}/${index}`)
      await victim.run('page', 'startWriting', place, paths)
      const written = async (): Promise<number> => {
        const counts = await survivor.run('page', 'announced', place, paths)
        return counts.reduce((sum, count) => sum + count, 0)
      }
      await expect.poll(written, { intervals: [1], timeout: 0 }).toBeGreaterThanOrEqual(WRITES)
      await victim.kill()

      await survivor.run('page', 'increment', place, '/survivor', 10)
      const acknowledged = await survivor.run('page', 'announced', place, paths)
      const found = await survivor.run('page', 'counts', place, paths)
      // Of each document at most one write was under way: it may have been applied without anybody having heard of it.
      found.forEach((count, index) => {
        expect(count ?? 0).toBeGreaterThanOrEqual(acknowledged[index] ?? 0)
      })
      expect(await survivor.run('page', 'counts', place, survivors)).toEqual([kill * 10])
    }
    expect(await survivor.run('page', 'problems', place)).toEqual([])
  })
}
