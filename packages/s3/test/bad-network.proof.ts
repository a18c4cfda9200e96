import { createS3Store } from '@vaultdb/s3'
import { beforeAll, test } from 'vitest'
import { expectSurvival } from '../../simulation/test/bad-network/expect-survival.ts'
import { s3Place } from './s3-place.ts'
import { makeBucket } from './server/buckets.ts'

let bucket = ''
beforeAll(async () => {
  bucket = await makeBucket()
})

test.each([1])('1,000 operations of three clients on a bad network, seed %i', async (seed) => {
  await expectSurvival(s3Place(bucket, createS3Store), seed)
})
