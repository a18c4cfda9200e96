import { createMemoryStore, VaultDB } from '@vaultdb/core'
import { expect, test } from 'vitest'
import { createTestRuntime } from '../support/runtime.ts'
import { filesOf } from '../support/vault.ts'

/** The cheapest setting that is accepted. */
const KDF = { name: 'argon2id', memoryKiB: 7168, passes: 5, parallelism: 1 } as const

test('a password opens the vault until it is changed; then the new one does, in any spelling', async () => {
  const store = createMemoryStore()
  const db = await VaultDB.create(store, { password: 'o\u0301ld', kdf: KDF, runtime: createTestRuntime() })
  await db.put('/a', 1)
  const before = await filesOf(store)
  await expect(db.changePassword('wrong', 'new')).rejects.toMatchObject({ code: 'ERR_CREDENTIALS' })
  await expect(db.changePassword('\u00f3ld', '')).rejects.toBeInstanceOf(RangeError)
  expect(await filesOf(store)).toEqual(before)
  await db.changePassword('\u00f3ld', 'n\u00e9w')
  await db.put('/a', 2)
  await db.close()
  await expect(VaultDB.open(store, { password: 'o\u0301ld' })).rejects.toMatchObject({ code: 'ERR_CREDENTIALS' })
  expect(await (await VaultDB.open(store, { password: 'ne\u0301w' })).get('/a')).toBe(2)
})
