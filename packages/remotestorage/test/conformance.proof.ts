import { blobStoreConformance, missingCapabilities, type StoreLocation } from '@vaultdb/core/testing'
import { createRemoteStorageStore } from '@vaultdb/remotestorage'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Armadietto } from './server/armadietto.ts'

let server: Armadietto
beforeAll(async () => {
  server = await Armadietto.start()
})
afterAll(() => server.stop())

/** Each place is a user's of its own. */
async function location(): Promise<StoreLocation> {
  const account = await server.newUser()
  return { open: async () => createRemoteStorageStore({ ...account, path: 'vaults/place' }) }
}

/** While others write, listings may be wrong and reads torn. Of a server at rest listings are exact all the same. */
const LACKING = ['atomicReads', 'maxBlobBytes', 'trustworthyListings']

test('armadietto has every capability that a case of the suite asks for, but for those', async () => {
  const { capabilities } = await (await location()).open()
  const missing = blobStoreConformance.flatMap((conformanceCase) => missingCapabilities(conformanceCase, capabilities))
  expect([...new Set(missing)].toSorted()).toEqual(LACKING)
})

describe.concurrent('conformance', () => {
  const applicable = blobStoreConformance.filter(
    ({ requires = [] }) => !requires.includes('atomicReads') && !requires.includes('maxBlobBytes'),
  )
  test.each(applicable)('$name', async (conformanceCase) => {
    await conformanceCase.run(location)
  })
})
