import { expect } from '@playwright/test'
import type { Context } from '../pages/page.ts'
import type { StoreName } from '../pages/stores.ts'
import type { Place } from '../pages/tasks.ts'
import { type Client, test } from './fixtures.ts'

const KILLS = 5
/** How much a tab has written, at least, when it is killed. */
const WRITES = 10
/** How often the tab that lives on writes around each kill. */
const INCREMENTS = 20

const writers: Readonly<Record<StoreName, readonly Context[]>> = {
  indexeddb: ['page', 'dedicated'],
  localstorage: ['page'],
}

/** Lets a tab write two documents from each of its contexts; resolves to their paths when some of it is done. */
async function startVictim(victim: Client, witness: Client, place: Place, kill: number): Promise<string[]> {
  const paths: string[] = []
  for (const context of writers[place.store]) {
    const own = [1, 2].map((index) => `/victims/${kill}/${context}-${index}`)
    await victim.run(context, 'startWriting', place, own)
    paths.push(...own)
  }
  const written = async (): Promise<number> => {
    const counts = await witness.run('page', 'announced', place, paths)
    return counts.reduce((sum, count) => sum + count, 0)
  }
  await expect.poll(written, { intervals: [1], timeout: 0 }).toBeGreaterThanOrEqual(WRITES)
  return paths
}

for (const store of Object.keys(writers) as StoreName[]) {
  test(`${store}: tabs killed in mid-write block nobody and lose nothing`, async ({ openClient, freshName }) => {
    const place = { store, name: freshName }
    const survivor = await openClient()
    await survivor.run('page', 'createVault', place)
    /** Of each document the last count that its writer had announced. */
    const acknowledged = new Map<string, number>()

    for (let kill = 1; kill <= KILLS; kill += 1) {
      const victim = await openClient()
      const paths = await startVictim(victim, survivor, place, kill)
      const going = survivor.run('page', 'increment', place, '/survivor', INCREMENTS)
      await victim.kill()
      await going
      const counts = await survivor.run('page', 'announced', place, paths)
      paths.forEach((path, index) => {
        acknowledged.set(path, counts[index] ?? 0)
      })
    }

    const fresh = await openClient()
    const found = await fresh.run('page', 'counts', place, [...acknowledged.keys()])
    // More than was announced is well: the last write may have been applied without anybody having heard of it.
    const lost = [...acknowledged].filter(([, count], index) => (found[index] ?? 0) < count)
    expect(lost).toEqual([])
    expect(await fresh.run('page', 'counts', place, ['/survivor'])).toEqual([KILLS * INCREMENTS])
    expect(await fresh.run('page', 'problems', place)).toEqual([])
  })
}
