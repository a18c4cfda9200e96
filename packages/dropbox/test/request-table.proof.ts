import { createDropboxStore } from '@vaultdb/dropbox'
import { type DropboxEmulator, startDropboxEmulator } from '@vaultdb/dropbox-emulator'
import { afterAll, beforeAll } from 'vitest'
import { testRequestTable } from '../../simulation/test/request-table.ts'

let dropbox: DropboxEmulator
let accounts = 0

beforeAll(async () => {
  dropbox = await startDropboxEmulator()
})
afterAll(() => dropbox.close())

testRequestTable(async () => {
  accounts += 1
  const accessToken = dropbox.issueToken({ account: String(accounts) })
  return {
    open: async () => createDropboxStore({ accessToken, fetch: dropbox.fetch }),
    requests: () => dropbox.requests.length,
  }
})
