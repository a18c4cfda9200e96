import { createMemoryStore } from '@vaultdb/core'
import { expect, test } from 'vitest'
import { internalsOf } from '../../src/database/internals.ts'
import { encodeRootFile } from '../../src/format/root-file.ts'
import { encodeShardFile, FIRST_SHARD } from '../../src/format/shard-file.ts'
import { createTestRuntime } from '../support/runtime.ts'
import { createVault, readShards } from '../support/vault.ts'

// Files with the greatest counter there is can be made by whoever has the key; nothing can be written after them.
test('the state after the last possible write is said to be corrupt, and not that the store is unavailable', async () => {
  const db = await createVault(createMemoryStore())
  const { root } = internalsOf(db).engine
  const [first] = await readShards(db)
  const seq = 2 ** 53
  const entries = [{ seq, writeId: 'AAAAAAAAAAA', base: 'AAAAAAAAAAA', removed: [], timeMs: 0 }]
  const next = { seq, log: { entries, olderIds: [] } }
  const shard = encodeShardFile(root.shardContext, FIRST_SHARD, {
    ...(first as NonNullable<typeof first>).state,
    ...next,
  })
  await expect(shard).rejects.toMatchObject({ code: 'ERR_CORRUPT' })
  const context = { runtime: createTestRuntime(), allowInsecureContext: false }
  const file = encodeRootFile(context, root.header, new Uint8Array(32), { ...root.config, ...next })
  await expect(file).rejects.toMatchObject({ code: 'ERR_CORRUPT' })
  await db.close()
})
