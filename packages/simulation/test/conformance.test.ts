import { createMemoryStore } from '@vaultdb/core'
import { blobStoreConformance, missingCapabilities } from '@vaultdb/core/testing'
import { describe, expect, test } from 'vitest'
import type { NetworkStore } from '../src/network.ts'
import { createNetworkStore } from '../src/network.ts'
import { createVirtualClock } from '../src/virtual-clock.ts'

const open = async (): Promise<NetworkStore> => createNetworkStore(createMemoryStore(), { clock: createVirtualClock() })
const { capabilities } = createMemoryStore()

describe('the store at the end of a slow line keeps the promises of the contract', () => {
  for (const conformanceCase of blobStoreConformance) {
    if (missingCapabilities(conformanceCase, capabilities).length > 0) continue
    test(conformanceCase.name, () => conformanceCase.run(async () => ({ open })))
  }
})

test('it can do what the store behind it can', async () => {
  expect((await open()).capabilities).toEqual(capabilities)
})
