import { createS3Store } from '@vaultdb/s3'
import { test } from 'vitest'
import {
  expectNoticed,
  expectSurvival,
  MARKED_ETAGS,
  MISTAKEN,
  PAGES,
} from '../../simulation/test/bad-network/expect-survival.ts'
import { s3Place } from './s3-place.ts'
import { makeBucket } from './server/buckets.ts'

interface Adapter {
  readonly createS3Store: typeof createS3Store
}

test('1,000 operations of three clients on a bad network', async () => {
  await expectSurvival(s3Place(await makeBucket(), createS3Store), 1)
})

test.each([
  {
    defect: 'a write is sent again by the adapter itself',
    file: 's3/src/client.ts',
    from: 'if (attempt === 1 && isExpiry(refusal) && expire()) continue',
    to: 'if (attempt === 1 && answer.status >= 500) continue',
    noticed: /requests to (read|write) were sent where \d+ were called for/,
  },
  {
    defect: 'any page that says 200 is taken for a word of the service',
    file: 's3/src/objects.ts',
    from: "if (answer.body.length > 0) throw strange(doing, 'a page came in place of the answer')",
    to: '',
    noticed: MISTAKEN,
    faults: PAGES,
  },
  {
    defect: 'an ETag is taken as it comes, marks of intermediaries and all',
    file: 's3/src/etag.ts',
    from: 'opaqueTagOf(etag)',
    to: "etag?.replaceAll('\"', '') ?? null",
    noticed: MISTAKEN,
    faults: MARKED_ETAGS,
  },
])('it is noticed when $defect', async ({ noticed, faults, ...change }) => {
  const bucket = await makeBucket()
  await expectNoticed<Adapter>(change, ({ createS3Store: create }) => s3Place(bucket, create), noticed, faults)
})
