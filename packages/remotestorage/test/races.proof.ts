import { type BlobStore, errorCode } from '@vaultdb/core'
import { createRemoteStorageStore } from '@vaultdb/remotestorage'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Armadietto } from './server/armadietto.ts'

const WRITERS = 20
const ROUNDS = 6

let server: Armadietto
beforeAll(async () => {
  server = await Armadietto.start()
})
afterAll(() => server.stop())

function clients(): BlobStore[] {
  const { href, tokens } = server
  const options = { href, token: tokens.readWrite, path: 'vaults/races' }
  return Array.from({ length: WRITERS }, () => createRemoteStorageStore(options))
}

const content = (writer: number): Uint8Array => new Uint8Array(1000 + writer).fill(writer)

/** Lets all write at once; resolves to the one that won. */
async function race(key: string, expected: string | null): Promise<{ winner: number; version: string }> {
  const writing = clients().map((client, writer) => client.write(key, content(writer), expected))
  const outcomes = await Promise.allSettled(writing)
  const winners = outcomes.flatMap((outcome, winner) =>
    outcome.status === 'fulfilled' ? [{ winner, version: outcome.value }] : [],
  )
  const losers = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [errorCode(outcome.reason)] : []))
  expect(losers).toEqual(Array.from({ length: WRITERS - 1 }, () => 'ERR_CONFLICT'))
  const [only] = winners
  if (only === undefined) throw new Error('Nobody won.')
  return only
}

test('of twenty that create a file at once exactly one wins, in every round', async () => {
  const [reader] = clients()
  for (let round = 0; round < ROUNDS; round++) {
    const { winner, version } = await race(`shards/${round}`, null)
    expect(await reader?.read(`shards/${round}`)).toEqual({ data: content(winner), version })
  }
})

test('of twenty that replace a version at once exactly one wins, in every round', async () => {
  const [reader] = clients()
  let version = (await reader?.write('vault', content(0), null)) ?? null
  for (let round = 0; round < ROUNDS; round++) {
    const won = await race('vault', version)
    expect(await reader?.read('vault')).toEqual({ data: content(won.winner), version: won.version })
    version = won.version
  }
})
