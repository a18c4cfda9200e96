import { blobStoreConformance, missingCapabilities, type StoreLocation } from '@vaultdb/core/testing'
import { createS3Store } from '@vaultdb/s3'
import { beforeAll, describe, expect, test } from 'vitest'
import { makeBucket, optionsFor } from './server/buckets.ts'
import { LACKING } from './server/lacking.ts'

let bucket = ''
let places = 0

beforeAll(async () => {
  bucket = await makeBucket()
})

/** Each place is a prefix of its own; each client probes the bucket for itself. */
async function location(): Promise<StoreLocation> {
  places++
  const prefix = `place-${places}`
  return {
    open: async () => {
      const store = createS3Store({ ...optionsFor(bucket), prefix })
      await store.probe()
      return store
    },
  }
}

test('Ceph has every capability that a case of the suite asks for, but for those', async () => {
  const { capabilities } = await (await location()).open()
  const missing = blobStoreConformance.flatMap((conformanceCase) => missingCapabilities(conformanceCase, capabilities))
  expect([...new Set(missing)].toSorted()).toEqual(LACKING)
})

describe('conformance', () => {
  const applicable = blobStoreConformance.filter(
    ({ requires = [] }) => !requires.some((capability) => LACKING.includes(capability)),
  )
  test.each(applicable)('$name', async (conformanceCase) => {
    await conformanceCase.run(location)
  })
})
