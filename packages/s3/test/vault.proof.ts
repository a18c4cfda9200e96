import { VaultDB } from '@vaultdb/core'
import { createS3Store, type S3Store } from '@vaultdb/s3'
import { beforeAll, describe, expect, test } from 'vitest'
import { runScenario, SETTINGS } from '../../core/test/scenario.ts'
import { makeBucket, optionsFor } from './server/buckets.ts'

const CLIENTS = 20
const key = new Uint8Array(32).fill(7)
/** Twenty at once on one file: a client may lose many times before its turn comes. */
const retry = { conflictAttempts: 1000, requestAttempts: 100 }

let bucket = ''
beforeAll(async () => {
  bucket = await makeBucket()
})

const store = (prefix: string): S3Store => createS3Store({ ...optionsFor(bucket), prefix })

describe('a whole life of a vault', () => {
  test.each(SETTINGS)('$name', async (setting) => {
    await runScenario(setting, store(`life-${SETTINGS.indexOf(setting)}`))
  })
})

test('of twenty who make a vault at once exactly one does', async () => {
  const made = await Promise.allSettled(
    Array.from({ length: CLIENTS }, () => VaultDB.create(store('made'), { key, retry })),
  )
  const winners = made.filter(({ status }) => status === 'fulfilled')
  const reasons = made.flatMap((each) => (each.status === 'rejected' ? [each.reason.code] : []))
  expect(winners).toHaveLength(1)
  expect(new Set(reasons)).toEqual(new Set(['ERR_EXISTS']))
})

test('twenty clients that count in one document lose no count and make none twice', async () => {
  const first = await VaultDB.create(store('counter'), { key })
  await first.put('/count', 0)
  const clients = await Promise.all(
    Array.from({ length: CLIENTS }, () => VaultDB.open(store('counter'), { key, retry })),
  )
  const seen = await Promise.all(clients.map((db) => db.update<number>('/count', (count) => (count ?? 0) + 1)))
  expect(seen.toSorted((a, b) => Number(a) - Number(b))).toEqual(
    Array.from({ length: CLIENTS }, (_, index) => index + 1),
  )
  expect(await first.get('/count')).toBe(CLIENTS)
  await Promise.all([first, ...clients].map((db) => db.close()))
})
