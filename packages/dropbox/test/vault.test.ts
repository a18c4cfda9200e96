import { errorCode, VaultDB } from '@vaultdb/core'
import { createDropboxStore } from '@vaultdb/dropbox'
import type { DropboxEmulator } from '@vaultdb/dropbox-emulator'
import { describe, expect, test } from 'vitest'
import { runScenario, SETTINGS } from '../../core/test/scenario.ts'
import { content, openStore, startDropbox } from './stores.ts'

const key = new Uint8Array(32).fill(7)

test.each(SETTINGS)('the whole life of a vault: $name', async (setting) => {
  const dropbox = await startDropbox({ maxPageEntries: 5 })
  await runScenario(setting, openStore(dropbox))
})

test('of 20 who replace one version exactly one wins, 25 times', async () => {
  const dropbox = await startDropbox()
  const racers = Array.from({ length: 20 }, () => openStore(dropbox, { accessToken: dropbox.issueToken() }))
  let version: string | null = null
  for (let round = 0; round < 25; round++) {
    const expected: string | null = version
    const race = racers.map((racer, index): Promise<string> => racer.write('vault', content(index), expected))
    const outcomes: PromiseSettledResult<string>[] = await Promise.allSettled(race)
    const winners: string[] = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
    const codes = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [errorCode(outcome.reason)] : []))
    expect(winners).toHaveLength(1)
    expect(new Set(codes)).toEqual(new Set(['ERR_CONFLICT']))
    version = winners[0] ?? null
  }
})

/** The requests of `work`, by function. */
async function requestsOf({ requests }: DropboxEmulator, work: () => Promise<unknown>): Promise<string[]> {
  const before = requests.length
  await work()
  return requests.slice(before).map(({ route }) => route)
}

describe('requests of a vault, counted by the server', () => {
  test('a small vault', async () => {
    const dropbox = await startDropbox()
    const open = (maxAgeMs: number): Promise<VaultDB> =>
      VaultDB.open(createDropboxStore({ accessToken: dropbox.issueToken(), fetch: dropbox.fetch }), { key, maxAgeMs })
    const first = await VaultDB.create(openStore(dropbox), { key })
    await first.write(Array.from({ length: 20 }, (_, index) => ({ put: `/logins/${index}`, value: { index } })))
    await first.close()

    const openAndGet = await requestsOf(dropbox, async () => (await open(60_000)).get('/logins/1'))
    expect(openAndGet).toEqual(['files/download', 'files/download'])
    const db = await open(0)
    await db.get('/logins/1')
    expect(await requestsOf(dropbox, () => db.get('/logins/1'))).toEqual(['files/download'])
    expect(dropbox.requests.at(-1)?.answer).toBe(304)
    expect(await requestsOf(dropbox, () => db.update('/logins/1', () => ({ index: 100 })))).toEqual(['files/upload'])
    expect(await requestsOf(dropbox, () => db.put('/logins/new', 1))).toEqual(['files/upload'])
    expect(await requestsOf(dropbox, () => db.remove('/logins/new'))).toEqual(['files/upload'])
    const inTask = await requestsOf(dropbox, () =>
      db.task(async (task) => [await task.get('/logins/1'), await task.get('/logins/2')]),
    )
    expect(inTask).toEqual(['files/download'])
  })
})

test('two clients who write at once lose nothing, on a network that loses answers and is limited', async () => {
  const dropbox = await startDropbox()
  const clients = [openStore(dropbox), openStore(dropbox)]
  const retry = { requestAttempts: 20, maxDelayMs: 20 }
  const first = await VaultDB.create(clients[0]!, { key, retry })
  const second = await VaultDB.open(clients[1]!, { key, retry })
  let count = 0
  dropbox.faults = ({ route }) => {
    count += 1
    if (route === 'oauth2/token') return undefined
    if (count % 7 === 0) return { answer: 'reset' }
    if (count % 11 === 0) return { apply: false, answer: { status: 429, headers: { 'Retry-After': '0' } } }
    if (count % 13 === 0) return { answer: { truncateAfterBytes: 5 } }
    return undefined
  }
  const add = (db: VaultDB): Promise<unknown> => db.update<number>('/counter', (value) => (value ?? 0) + 1)
  for (let round = 0; round < 20; round++) await Promise.all([add(first), add(second)])
  dropbox.faults = undefined
  expect(await first.get('/counter')).toBe(40)
  await Promise.all([first.close(), second.close()])
})
