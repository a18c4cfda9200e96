import { createDropboxStore } from '@vaultdb/dropbox'
import { type DropboxEmulator, startDropboxEmulator } from '@vaultdb/dropbox-emulator'
import { afterAll, beforeAll, test } from 'vitest'
import { expectNoticed, expectSurvival } from '../../simulation/test/bad-network/expect-survival.ts'
import { dropboxPlace } from './dropbox-place.ts'

interface Adapter {
  readonly createDropboxStore: typeof createDropboxStore
}

let dropbox: DropboxEmulator
beforeAll(async () => {
  dropbox = await startDropboxEmulator()
})
afterAll(() => dropbox.close())

test('1,000 operations of three clients on a bad network', async () => {
  await expectSurvival(dropboxPlace(dropbox, createDropboxStore, 'survivor'), 1)
})

test('it is noticed when an answer of 5xx is taken for a conflict', async () => {
  const change = {
    file: 'dropbox/src/failures.ts',
    from: '    default:\n      return LATER',
    to: "    default:\n      return ['ERR_CONFLICT', 'Read it again.']",
  }
  await expectNoticed<Adapter>(
    change,
    ({ createDropboxStore: create }) => dropboxPlace(dropbox, create, 'toothed'),
    /failed for no reason: VaultError/,
  )
})
