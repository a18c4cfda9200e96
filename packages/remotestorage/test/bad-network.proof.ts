import { createRemoteStorageStore } from '@vaultdb/remotestorage'
import { afterAll, beforeAll, test } from 'vitest'
import { expectNoticed, expectSurvival, LOSS } from '../../simulation/test/bad-network/expect-survival.ts'
import { remoteStoragePlace } from './remotestorage-place.ts'
import { Armadietto } from './server/armadietto.ts'

interface Adapter {
  readonly createRemoteStorageStore: typeof createRemoteStorageStore
}

let server: Armadietto
beforeAll(async () => {
  server = await Armadietto.start({ prompt: true })
})
afterAll(() => server.stop())

test('1,000 operations of three clients on a bad network', async () => {
  await expectSurvival(remoteStoragePlace(server, createRemoteStorageStore, 'vaults/survivor'), 1)
})

test('it is noticed when any page that says 200 is taken for a word of the server', async () => {
  const change = {
    file: 'remotestorage/src/remotestorage-store.ts',
    from: 'return status >= 200 && status < 300 && !isPage',
    to: 'return status >= 200 && status < 300',
  }
  await expectNoticed<Adapter>(
    change,
    ({ createRemoteStorageStore: create }) => remoteStoragePlace(server, create, 'vaults/toothed'),
    LOSS,
  )
})
