import { expect } from '@playwright/test'
import { test } from './fixtures.ts'

const PATH = '/counters/wakings'
const STOPS = 3

test('a service worker that is stopped and woken between operations goes on', async ({ openClient, freshName }) => {
  const place = { store: 'indexeddb', name: freshName } as const
  const client = await openClient()
  await client.run('service', 'createVault', place)
  const instances = new Set<string>()

  for (let stop = 0; stop <= STOPS; stop += 1) {
    await client.run('service', 'increment', place, PATH, 10)
    const before = await client.run('service', 'instance')
    instances.add(before)
    while ((await client.run('service', 'instance')) === before) await client.stopServiceWorkers()
    expect(await client.run('service', 'counts', place, [PATH])).toEqual([(stop + 1) * 10])
  }
  expect(instances.size).toBe(STOPS + 1)
  expect(await client.run('service', 'problems', place)).toEqual([])
})
