import { createRemoteStorageStore } from '@vaultdb/remotestorage'
import { afterAll, beforeAll, test } from 'vitest'
import {
  expectNoticed,
  expectSurvival,
  MARKED_ETAGS,
  MISTAKEN,
  PAGES,
} from '../../simulation/test/bad-network/expect-survival.ts'
import { remoteStoragePlace } from './remotestorage-place.ts'
import { Armadietto } from './server/armadietto.ts'

interface Adapter {
  readonly createRemoteStorageStore: typeof createRemoteStorageStore
}

let server: Armadietto
let toothed = 0
beforeAll(async () => {
  server = await Armadietto.start({ prompt: true })
})
afterAll(() => server.stop())

test('1,000 operations of three clients on a bad network', async () => {
  await expectSurvival(remoteStoragePlace(server, createRemoteStorageStore, 'vaults/survivor'), 1)
})

test.each([
  {
    defect: 'any page that says 200 is taken for a word of the server',
    file: 'remotestorage/src/remotestorage-store.ts',
    from: 'DONE.has(status) && !isPage',
    to: 'DONE.has(status)',
    noticed: MISTAKEN,
    faults: PAGES,
  },
  {
    defect: 'an ETag is taken as it comes, marks of intermediaries and all',
    file: 'remotestorage/src/answers.ts',
    from: "opaqueTagOf(answer.headers.get('etag'))",
    to: "answer.headers.get('etag')?.replaceAll('\"', '') ?? null",
    noticed: MISTAKEN,
    faults: MARKED_ETAGS,
  },
])('it is noticed when $defect', async ({ noticed, faults, ...change }) => {
  toothed += 1
  await expectNoticed<Adapter>(
    change,
    ({ createRemoteStorageStore: create }) => remoteStoragePlace(server, create, `vaults/toothed-${toothed}`),
    noticed,
    faults,
  )
})
