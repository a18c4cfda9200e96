import { type BlobStore, createMemoryStore } from '@vaultdb/core'
import { check } from '@vaultdb/core/maintenance'
import { beforeEach, describe, expect, test } from 'vitest'
import { internalsOf } from '../../src/database/internals.ts'
import type { ShardState } from '../../src/format/model.ts'
import { encodeShardFile } from '../../src/format/shard-file.ts'
import type { LoadedShard } from '../../src/shards/cache.ts'
import { createVault, filler, openVault, readShards } from '../support/vault.ts'

const PATHS = Array.from({ length: 40 }, (_, index) => `/d${index % 8}/${index}`)

/** Shards that each authenticate and contradict each other, as a faulty program with the key may write them. */
describe('shards that do not join up are corrupt, and no walk over them goes on for ever:', () => {
  let store: BlobStore
  let shards: LoadedShard[]
  beforeEach(async () => {
    store = createMemoryStore()
    const db = await createVault(store)
    await db.write(PATHS.map((put) => ({ put, value: filler(200) })))
    await db.close()
    const reader = await openVault(store)
    shards = await readShards(reader)
    await reader.close()
    expect(shards.length).toBeGreaterThan(4)
  })

  const forge = async (at: number, change: Partial<ShardState>): Promise<void> => {
    const { id, state } = shards[at] as LoadedShard
    const db = await openVault(store)
    const data = await encodeShardFile(internalsOf(db).engine.root.shardContext, id, { ...state, ...change })
    await db.close()
    const blob = await store.read(`shards/${id}`)
    if (blob === null || blob === 'unchanged') throw new Error('The shard is not there.')
    await store.write(`shards/${id}`, data, blob.version)
  }
  const id = (at: number): string => (shards[at] as LoadedShard).id

  const expectCorrupt = async (): Promise<void> => {
    const db = await openVault(store)
    await expect(db.find('/').toArray()).rejects.toMatchObject({ code: 'ERR_CORRUPT' })
    await expect(db.entries('/').toArray()).rejects.toMatchObject({ code: 'ERR_CORRUPT' })
    await expect(db.prune('/')).rejects.toMatchObject({ code: 'ERR_CORRUPT', applied: 'no' })
    const outcomes = await Promise.allSettled(PATHS.flatMap((path) => [db.get(path), db.put(path, 1)]))
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'ERR_CORRUPT' })
    }
    expect(outcomes.some(({ status }) => status === 'rejected')).toBe(true)
    expect((await check(db)).problems).toContainEqual(expect.objectContaining({ kind: 'broken-chain', serious: true }))
  }

  test('two that name each other as right neighbour', async () => {
    await forge(2, { next: id(1) })
    await expectCorrupt()
  })

  test('one that names a neighbour further to the right', async () => {
    await forge(1, { next: id(3) })
    await expectCorrupt()
  })

  test('one that begins further to the right than the map and its neighbour say', async () => {
    const { state } = shards[2] as LoadedShard
    await forge(2, { lo: `${state.lo.slice(0, -1)}${state.lo.endsWith('f') ? '0' : 'f'}` })
    await expectCorrupt()
  })
})
