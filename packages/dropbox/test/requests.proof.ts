import { createDropboxStore } from '@vaultdb/dropbox'
import { type DropboxEmulator, startDropboxEmulator } from '@vaultdb/dropbox-emulator'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Materials, prepareMaterials } from '../../simulation/src/materials.ts'
import { putSpecimen, REQUEST_ROWS } from '../../simulation/test/request-table.ts'

let materials: Materials
let dropbox: DropboxEmulator
beforeAll(async () => {
  materials = await prepareMaterials()
  dropbox = await startDropboxEmulator()
}, 120_000)
afterAll(() => dropbox.close())

describe('requests, counted where they arrive', () => {
  test.each(REQUEST_ROWS)('$operation', async (row) => {
    const accessToken = dropbox.issueToken({ account: row.operation })
    const open = (): ReturnType<typeof createDropboxStore> => createDropboxStore({ accessToken, fetch: dropbox.fetch })
    await putSpecimen(materials[row.specimen], open())
    const place = { open: async () => open(), requests: () => dropbox.requests.length }
    const requests = await row.measure(place, materials)
    expect(requests).toBeGreaterThan(0)
    expect(requests).toBeLessThanOrEqual(row.limit(materials[row.specimen].shards))
  })
})
