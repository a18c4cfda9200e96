import { createRemoteStorageStore } from '@vaultdb/remotestorage'
import { afterAll, beforeAll, test } from 'vitest'
import { expectSurvival } from '../../simulation/test/bad-network/expect-survival.ts'
import { remoteStoragePlace } from './remotestorage-place.ts'
import { Armadietto } from './server/armadietto.ts'

let server: Armadietto
beforeAll(async () => {
  server = await Armadietto.start()
})
afterAll(() => server.stop())

test.each([1])('1,000 operations of three clients on a bad network, seed %i', async (seed) => {
  await expectSurvival(remoteStoragePlace(server, createRemoteStorageStore, 'vaults/bad-network'), seed)
})
