import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { blobStoreConformance } from '../../src/testing/index.ts'
import { BROKEN_STORES, type BrokenStore, brokenLocation } from './broken-stores.ts'

/** The names of the cases that a broken store does not pass. */
async function noticed(breakStore: BrokenStore['breakStore']): Promise<string[]> {
  const names: string[] = []
  for (const { name, run } of blobStoreConformance) {
    await run(async () => brokenLocation(breakStore)).catch(() => names.push(name))
  }
  return names
}

describe('the conformance suite', () => {
  test('finds nothing wrong with the clients that the broken ones are made from', async () => {
    expect(await noticed(() => ({}))).toEqual([])
  })

  test('names each case once', () => {
    const names = blobStoreConformance.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
  })

  test('has no case that no broken store fails', () => {
    const names = BROKEN_STORES.map(({ noticedBy }) => noticedBy)
    expect(new Set(names)).toEqual(new Set(blobStoreConformance.map(({ name }) => name)))
  })

  for (const { name, noticedBy, breakStore } of BROKEN_STORES) {
    test(`notices a store that ${name}`, async () => {
      const conformanceCase = blobStoreConformance.find((candidate) => candidate.name === noticedBy)
      const running = conformanceCase?.run(async () => brokenLocation(breakStore))
      const error: unknown = await running?.catch((reason: unknown) => reason)
      // A TypeError would be the broken store's own slip, and no sign that the case saw anything.
      expect(error).toMatchObject({ name: expect.stringMatching(/^(Vault)?Error$/) })
    })
  }

  test('lets a writer go on that waits for a disk while its readers need not wait', async () => {
    const location = brokenLocation((client) => ({
      async write(...request) {
        await setImmediate()
        return client.write(...request)
      },
    }))
    for (const { run } of blobStoreConformance.filter(({ requires }) => requires?.includes('atomicReads'))) {
      await run(async () => location)
    }
  })

  test('closes every client and disposes of the place, also when the case fails', async () => {
    const events: string[] = []
    const location = brokenLocation(() => ({ read: async () => null, close: async () => void events.push('closed') }))
    const conformanceCase = blobStoreConformance.find(({ name }) => name === 'two clients see what the other wrote')
    const running = conformanceCase?.run(async () => ({
      ...location,
      dispose: async () => void events.push('disposed'),
    }))
    await expect(running).rejects.toThrow('vault exists, but reading it answers null')
    expect(events).toEqual(['closed', 'closed', 'disposed'])
  })
})
