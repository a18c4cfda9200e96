import { createRemoteStorageStore } from '@vaultdb/remotestorage'
import { afterAll, beforeAll } from 'vitest'
import { BadNetwork } from '../../simulation/src/bad-network/proxy.ts'
import { testRequestTable } from '../../simulation/test/request-table.ts'
import { Armadietto } from './server/armadietto.ts'

let server: Armadietto
let network: BadNetwork
let places = 0

beforeAll(async () => {
  server = await Armadietto.start({ prompt: true })
  network = await BadNetwork.start(server.origin) // a good one, that counts
})
afterAll(async () => {
  await network.close()
  await server.stop()
})

testRequestTable(async () => {
  places += 1
  const { href, origin, tokens } = server
  const options = { href: href.replace(origin, network.url), token: tokens.readWrite, path: `vaults/place-${places}` }
  return { open: async () => createRemoteStorageStore(options), requests: () => network.exchanges.length }
})
