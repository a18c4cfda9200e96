import { join } from 'node:path'
import { VaultDB } from '@vaultdb/core'
import { check } from '@vaultdb/core/maintenance'
import { createFileStore } from '@vaultdb/fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { filler, inspect, KEY, readShards, SMALL_SHARD_BYTES } from '../../../core/test/support/vault.ts'
import { finish, scratchFolder } from '../store-for-children.ts'
import type { CounterInput } from './children/counter.ts'
import { bundleChildren, startWorker } from './vault-for-children.ts'

const scratch = scratchFolder()
let children = ''
beforeAll(async () => {
  children = await bundleChildren(scratch.path)
})
afterAll(scratch.dispose)

/** Two processes that begin at the same moment, when both have opened the vault. */
async function runTwo(input: Omit<CounterInput, 'name'>): Promise<void> {
  const workers = ['ann', 'bob'].map((name) => startWorker(children, 'counter', { ...input, name }))
  let ready = 0
  const begin = (line: string): void => {
    if (line !== 'ready' || ++ready < workers.length) return
    for (const worker of workers) worker.stdin?.write('go\n')
  }
  for (const { lines, code } of await Promise.all(workers.map((worker) => finish(worker, begin)))) {
    expect({ lines, code }).toEqual({ lines: ['ready', 'finished'], code: 0 })
  }
}

async function createVault(folder: string, shardBytes?: number): Promise<VaultDB> {
  return await VaultDB.create(createFileStore(folder), {
    key: KEY,
    ...(shardBytes === undefined ? {} : { shardBytes }),
  })
}

test('two processes that increment one counter 500 times each end at exactly 1,000', async () => {
  const folder = join(scratch.path, 'counter')
  const db = await createVault(folder)
  await runTwo({ folder, times: 500, counters: ['/counter'] })
  expect(await db.get('/counter')).toBe(1000)
  expect((await check(db)).problems).toEqual([])
  await db.close()
})

test('counters in several shards lose nothing either', async () => {
  const folder = join(scratch.path, 'counters')
  const counters = Array.from({ length: 6 }, (_, index) => `/group-${index}/counter`)
  const db = await createVault(folder, SMALL_SHARD_BYTES)
  await db.write(counters.map((path) => ({ put: path.replace('counter', 'neighbour'), value: filler(700) })))
  await runTwo({ folder, times: 50, counters })
  expect(await Promise.all(counters.map((path) => db.get(path)))).toEqual(counters.map(() => 100))
  const holders = (await readShards(db)).filter(({ state }) => {
    return [...state.directories.values()].some((items) => items.has('counter'))
  })
  expect(holders.length).toBeGreaterThan(2)
  expect((await check(db)).problems.filter(({ serious }) => serious)).toEqual([])
  await db.close()
})

test('two processes that create and remove in one directory never hide what is in it', async () => {
  const folder = join(scratch.path, 'directory')
  const db = await createVault(folder, SMALL_SHARD_BYTES)
  // Neighbours, so that the markers of the directory lie in other shards than what is in it.
  await db.write(
    Array.from({ length: 12 }, (_, index) => ({ put: `/neighbours/${index}/document`, value: filler(400) })),
  )
  await runTwo({ folder, times: 60, directory: '/shared/by/two/' })
  expect(await db.list('/shared/by/two/')).toEqual(['ann', 'bob'])
  expect((await inspect(createFileStore(folder))).documents.size).toBe(14)
  expect((await check(db)).problems.filter(({ serious }) => serious)).toEqual([])
  await check(db, { repair: true })
  expect((await check(db)).problems).toEqual([])
  await db.close()
})
