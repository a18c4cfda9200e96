import { VaultDB } from '@vaultdb/core'
import { type Fault, loginPage, plainlyRateLimited, rateLimited, serverError } from '@vaultdb/dropbox-emulator'
import { describe, expect, test } from 'vitest'
import { createSeededRandom } from '../../simulation/src/seeded-random.ts'
import { CountedLoad } from '../../simulation/test/counted-load.ts'
import { openStore, startDropbox } from './stores.ts'

/** What networks, and Dropbox, do to requests and answers. */
const FAULTS: Readonly<Record<string, Fault>> = {
  'is broken off before it arrives': { apply: false, answer: 'reset' },
  'is done and the answer lost': { answer: 'reset' },
  'is done and answered in part': { answer: { truncateAfterBytes: 20 } },
  'gets 500 in its place': { apply: false, answer: serverError() },
  'gets 503 in its place': { apply: false, answer: serverError(503, 0) },
  'is done and answered with 500': { answer: serverError() },
  'is rate limited': { apply: false, answer: rateLimited('too_many_requests', 0) },
  'is rate limited in plain text': { apply: false, answer: plainlyRateLimited(0) },
  'meets another write': { apply: false, answer: rateLimited('too_many_write_operations', 0) },
  'gets a sign-in page in its place': { apply: false, answer: loginPage() },
  'is done and answered with a sign-in page': { answer: loginPage() },
  'gets a sign-in page with 401': { apply: false, answer: loginPage(401) },
  'is redirected': { apply: false, answer: { ...loginPage(302), headers: { Location: '/sign-in' } } },
  'is answered with another file': { answer: { status: 200, headers: { 'Dropbox-API-Result': '{}' }, body: 'x' } },
}

const NAMES = Object.keys(FAULTS)
const FAULTS_PERCENT = 15
const EXPIRY_EVERY = 100
const key = new Uint8Array(32).fill(7)

describe.each([1])('seed %i', (seed) => {
  test('1,000 operations on a bad network: nothing acknowledged is lost, nothing is done twice', async () => {
    const random = createSeededRandom(seed)
    const dropbox = await startDropbox()
    const retry = { requestAttempts: 20, maxDelayMs: 20 }
    const db = await VaultDB.create(openStore(dropbox), { key, shardBytes: 4096, retry })
    const load = new CountedLoad(random)
    let faults = 0
    dropbox.faults = () => {
      if (random.below(100) >= FAULTS_PERCENT) return undefined
      faults += 1
      return FAULTS[random.pick(NAMES)]
    }
    const before = dropbox.requests.length
    for (let operation = 0; operation < 1000; operation++) {
      if (operation % EXPIRY_EVERY === 0) dropbox.expireTokens()
      await load.operate(db)
    }
    const requests = dropbox.requests.length - before
    dropbox.faults = undefined
    await db.close()
    const fresh = await VaultDB.open(openStore(dropbox), { key })
    await load.expectAllWithin(fresh)
    await fresh.close()

    expect(faults).toBeGreaterThan(100)
    // One for an operation on a cached document, one more for the first of each shard and for splits; a fault costs that request
    // again, and a look at what became of a write; an expired token two.
    expect(requests).toBeLessThanOrEqual(1000 + 2 * faults + (2 * 1000) / EXPIRY_EVERY + 150)
  })
})
