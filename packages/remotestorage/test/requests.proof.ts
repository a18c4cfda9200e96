import { createRemoteStorageStore } from '@vaultdb/remotestorage'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BadNetwork } from '../../simulation/src/bad-network/proxy.ts'
import { type Materials, prepareMaterials } from '../../simulation/src/materials.ts'
import { putSpecimen, REQUEST_ROWS } from '../../simulation/test/request-table.ts'
import { Armadietto } from './server/armadietto.ts'

let materials: Materials
let server: Armadietto
let network: BadNetwork
beforeAll(async () => {
  materials = await prepareMaterials()
  server = await Armadietto.start()
  network = await BadNetwork.start(server.origin) // a good one, that counts
}, 120_000)
afterAll(async () => {
  await network.close()
  await server.stop()
})

describe('requests, counted where they arrive', () => {
  test.each(REQUEST_ROWS)('$operation', async (row) => {
    const { href, origin, tokens } = server
    const options = { token: tokens.readWrite, path: `vaults/row-${REQUEST_ROWS.indexOf(row)}` }
    const open = async (): Promise<ReturnType<typeof createRemoteStorageStore>> =>
      createRemoteStorageStore({ ...options, href: href.replace(origin, network.url) })
    await putSpecimen(materials[row.specimen], createRemoteStorageStore({ ...options, href }))
    const requests = await row.measure({ open, requests: () => network.exchanges.length }, materials)
    expect(requests).toBeGreaterThan(0)
    expect(requests).toBeLessThanOrEqual(row.limit(materials[row.specimen].shards))
  })
})
