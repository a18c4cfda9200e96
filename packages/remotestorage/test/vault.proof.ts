import { type BlobStore, VaultDB, withResilience } from '@vaultdb/core'
import { createRemoteStorageStore } from '@vaultdb/remotestorage'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runScenario, SETTINGS } from '../../core/test/scenario.ts'
import { Armadietto } from './server/armadietto.ts'

const KEY = new Uint8Array(32).fill(7)

let server: Armadietto
let places = 0
beforeAll(async () => {
  server = await Armadietto.start()
})
afterAll(() => server.stop())

function place(): () => BlobStore {
  places += 1
  const { href, tokens } = server
  const options = { href, token: tokens.readWrite, path: `vaults/place-${places}` }
  return () => createRemoteStorageStore(options)
}

test.each(SETTINGS.slice(0, 2))('a whole life of a vault: $name', async (setting) => {
  await runScenario(setting, withResilience(place()()))
})

test('what several clients write at once, torn reads or not, is all there', async () => {
  const open = place()
  await (await VaultDB.create(open(), { key: KEY, shardBytes: 4096 })).close()
  const clients = await Promise.all([1, 2, 3].map(() => VaultDB.open(open(), { key: KEY })))
  const increment = (db: VaultDB): Promise<unknown> => db.update<number>('/counter', (count) => (count ?? 0) + 1)
  await Promise.all(
    clients.map(async (db, client) => {
      for (let turn = 0; turn < 6; turn++) {
        await increment(db)
        await db.put(`/client-${client}/${turn}`, { text: 'x'.repeat(900) })
      }
    }),
  )
  await Promise.all(clients.map((db) => db.close()))
  const fresh = await VaultDB.open(open(), { key: KEY })
  expect(await fresh.get('/counter')).toBe(18)
  expect(await fresh.find('/').toArray()).toHaveLength(19)
  await fresh.close()
})

describe('requests, counted at the server', () => {
  /** What `work` sends, without the folder: `GET vault`. */
  async function sent(work: () => Promise<unknown>): Promise<string[]> {
    await server.takeRequests()
    await work()
    const prefix = `/storage/ada/vaults/place-${places}/`
    return (await server.takeRequests()).map((request) => request.replace(prefix, '')).toSorted()
  }

  test('of a small vault', async () => {
    const open = place()
    const store = open()
    const db = await VaultDB.create(store, { key: KEY })
    await db.write(Array.from({ length: 20 }, (_, index) => ({ put: `/logins/${index}`, value: { index } })))
    await db.close()

    const both = ['GET shards/0', 'GET vault']
    const openAndGet = async (maxAgeMs: number): Promise<void> => {
      const opened = await VaultDB.open(open(), { key: KEY, maxAgeMs })
      expect(await opened.get('/logins/7')).toEqual({ index: 7 })
    }
    expect(await sent(() => openAndGet(3_600_000))).toEqual(both)
    expect(await sent(() => openAndGet(0))).toEqual(['GET shards/0', ...both])

    const opened = await VaultDB.open(open(), { key: KEY })
    expect(await sent(() => opened.get('/logins/1'))).toEqual(['GET shards/0'])
    expect(await sent(() => opened.update('/logins/1', () => 'changed'))).toEqual(['PUT shards/0'])
    expect(await sent(() => opened.put('/logins/new', 'new'))).toEqual(['PUT shards/0'])
    expect(await sent(() => opened.remove('/logins/new'))).toEqual(['PUT shards/0'])
    expect(await sent(() => opened.find('/').toArray())).toEqual(['GET shards/0'])
    const inTask = async (): Promise<void> =>
      opened.task(async (task) => {
        for (let time = 0; time < 10; time++) await task.get('/logins/1')
      })
    expect(await sent(inTask)).toEqual(['GET shards/0'])
  })

  test('of a larger vault: each shard once, whatever is read', async () => {
    const open = place()
    const documents = Array.from({ length: 60 }, (_, index) => ({
      put: `/team-${index % 7}/${index}`,
      value: 'x'.repeat(500),
    }))
    const creator = await VaultDB.create(open(), { key: KEY, shardBytes: 4096 })
    await creator.write(documents)
    await creator.close()
    const shards: string[] = []
    for await (const { key } of open().list('shards/')) shards.push(`GET ${key}`)
    expect(shards.length).toBeGreaterThan(4)

    const db = await VaultDB.open(open(), { key: KEY })
    expect(await sent(() => db.entries('/').toArray())).toEqual(shards.toSorted())
    expect(await sent(() => db.update('/team-1/1', () => 'changed'))).toHaveLength(1)
    expect(await sent(() => db.find('/').toArray())).toEqual(shards.toSorted())
    expect((await sent(() => db.prune('/'))).length).toBeLessThanOrEqual(3 * shards.length)
  })

  test('of a listing: one for each folder', async () => {
    const store = place()()
    await Promise.all(['vault', 'shards/0', 'shards/1'].map((key) => store.write(key, KEY, null)))
    const list = async (prefix: string): Promise<void> => {
      for await (const { version, size } of store.list(prefix)) expect([typeof version, size]).toEqual(['string', 32])
    }
    expect(await sent(() => list(''))).toEqual(['GET ', 'GET shards/'])
    expect(await sent(() => list('shards/'))).toEqual(['GET shards/'])
    expect(await sent(() => list('shards/0'))).toEqual(['GET shards/'])
    expect(await sent(() => list('v'))).toEqual(['GET '])
  })
})
