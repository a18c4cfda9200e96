import { blobStoreConformance, missingCapabilities } from '@vaultdb/core/testing'
import { createDropboxStore } from '@vaultdb/dropbox'
import { type DropboxEmulator, startDropboxEmulator } from '@vaultdb/dropbox-emulator'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

let dropbox: DropboxEmulator
beforeAll(async () => {
  dropbox = await startDropboxEmulator()
})
afterAll(() => dropbox.close())

const { capabilities } = createDropboxStore({ accessToken: 'unused' })
const applicable = blobStoreConformance.filter((each) => missingCapabilities(each, capabilities).length === 0)

describe('conformance', () => {
  const folder = '/Some folder/Größe'
  test.each(applicable)('$name', async (conformanceCase) => {
    await conformanceCase.run(async () => {
      const account = conformanceCase.name
      const refreshToken = dropbox.issueRefreshToken(account)
      const { fetch } = dropbox
      return { open: async () => createDropboxStore({ clientId: 'emulated-app', refreshToken, folder, fetch }) }
    })
  })
})

test('the store has every capability that a case of the suite asks for', () => {
  expect(applicable).toHaveLength(blobStoreConformance.length)
})
