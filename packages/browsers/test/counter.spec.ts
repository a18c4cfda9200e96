import { expect } from '@playwright/test'
import type { Context } from '../pages/page.ts'
import { type Client, test } from './fixtures.ts'

const TIMES = 200
const PATH = '/counters/visits'

async function countTogether(
  name: string,
  store: 'indexeddb' | 'localstorage',
  crew: [Client, Context][],
): Promise<void> {
  const place = { store, name }
  const [[first]] = crew as [[Client, Context]]
  await first.run('page', 'createVault', place)
  // Each has its worker started and the vault open before any of them begins.
  for (const [client, context] of crew) await client.run(context, 'counts', place, [PATH])
  await Promise.all(crew.map(([client, context]) => client.run(context, 'increment', place, PATH, TIMES)))
  expect(await first.run('page', 'counts', place, [PATH])).toEqual([crew.length * TIMES])
  expect(await first.run('page', 'problems', place)).toEqual([])
}

test('IndexedDB: two tabs and a dedicated, a shared and a service worker lose no increment', async ({
  openClient,
  freshName,
}) => {
  const [one, two] = [await openClient(), await openClient()]
  await countTogether(freshName, 'indexeddb', [
    [one, 'page'],
    [two, 'page'],
    [two, 'dedicated'],
    [two, 'shared'],
    [two, 'service'],
  ])
})

test('localStorage: two tabs lose no increment', async ({ openClient, freshName }) => {
  const [one, two] = [await openClient(), await openClient()]
  await countTogether(freshName, 'localstorage', [
    [one, 'page'],
    [two, 'page'],
  ])
})
