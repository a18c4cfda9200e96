import { type BlobStore, createMemoryStore } from '@vaultdb/core'
import { expect, test } from 'vitest'
import { internalsOf } from '../../src/database/internals.ts'
import type { LoadedShard } from '../../src/shards/cache.ts'
import { createVault, filler, openVault, readShards } from '../support/vault.ts'

const PATHS = Array.from({ length: 12 }, (_, index) => `/d${index}/x`)

/** A map as only a faulty or hostile holder of the key writes it: the last two shards change places. */
async function swapInMap(store: BlobStore): Promise<void> {
  const db = await openVault(store)
  await internalsOf(db).engine.root.change((_header, config) => {
    const [last, beforeLast] = [config.map.at(-1), config.map.at(-2)]
    if (last === undefined || beforeLast === undefined) throw new Error('The vault is too small.')
    const map = [...config.map.slice(0, -2), { ...beforeLast, shard: last.shard }, { ...last, shard: beforeLast.shard }]
    return { config: { ...config, map } }
  })
  await db.close()
}

const somePathIn = ({ state }: LoadedShard): string => {
  for (const [directory, items] of state.directories) {
    for (const { name, document } of items.values()) if (document !== null) return directory + name
  }
  throw new Error('The shard holds no document.')
}

test('a shard that begins right of a document does not answer that it is absent, also from what a task has read', async () => {
  const store = createMemoryStore()
  const db = await createVault(store)
  await db.write(PATHS.map((put) => ({ put, value: filler(300) })))
  const [left, right] = (await readShards(db)).slice(-2) as [LoadedShard, LoadedShard]
  await db.close()
  await swapInMap(store)
  const reader = await openVault(store)
  await reader.task(async (task) => {
    expect(await task.get(somePathIn(right))).toBe(filler(300))
    await expect(task.get(somePathIn(left))).rejects.toMatchObject({ code: 'ERR_CORRUPT' })
  })
})
