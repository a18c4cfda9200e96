import { createMemoryStore, VaultDB } from '@vaultdb/core'
import { stats } from '@vaultdb/core/maintenance'
import { withFaults } from '@vaultdb/core/testing'
import { expect, test } from 'vitest'
import { decorate } from '../../src/store/decorators/decorate.ts'
import { createTestRuntime } from '../support/runtime.ts'
import { createVault, filesOf, filler, KEY, openVault, readShards, SMALL_SHARD_BYTES } from '../support/vault.ts'

const sizeOf = (files: ReadonlyMap<string, Uint8Array>): number =>
  [...files.values()].reduce((sum, { length }) => sum + length, 0)

test('an empty vault', async () => {
  const store = createMemoryStore()
  const db = await VaultDB.create(store, { key: KEY, runtime: createTestRuntime() })
  const found = await stats(db)
  expect(found).toEqual({
    vault: expect.stringMatching(/^[A-Za-z0-9_-]{22}$/),
    documents: 0,
    directories: 0,
    shards: 1,
    unreadableShards: 0,
    jsonBytes: 2, // an empty list of directories
    largestDocumentBytes: 0,
    storedBytes: sizeOf(await filesOf(store)),
    writes: 3, // the root file, the first shard, the root file without its pending mark
    shardBytes: 65_536,
    maxDocumentBytes: 1_048_576,
    compression: 'none',
    slots: [{ id: expect.stringMatching(/^[A-Za-z0-9_-]{11}$/), kind: 'key' }],
  })
  const header = new TextDecoder().decode((await filesOf(store)).get('vault')).split('\n', 1)[0] ?? ''
  expect(JSON.parse(header)).toMatchObject({ vault: found.vault, slots: [{ id: found.slots[0]?.id }] })
})

test('documents, directories, bytes and writes are counted', async () => {
  const store = createMemoryStore()
  const db = await createVault(store, { compression: 'deflate', maxDocumentBytes: 2048 })
  await db.put('/top', { text: '\u00e4' })
  expect(await stats(db)).toMatchObject({
    documents: 1,
    directories: 1,
    writes: 4,
    largestDocumentBytes: new TextEncoder().encode('{"text":"\u00e4"}').length,
    shardBytes: SMALL_SHARD_BYTES,
    maxDocumentBytes: 2048,
    compression: 'deflate',
  })
  await db.write([1, 2, 3].map((number) => ({ put: `/a/b/${number}`, value: filler(500) })))
  await db.close()
  const again = await openVault(store)
  const found = await stats(again)
  expect(found).toMatchObject({ documents: 4, directories: 3, largestDocumentBytes: 502 })
  expect(found.shards).toBe((await readShards(again)).length)
  expect(found.shards).toBeGreaterThan(1)
  expect(found.storedBytes).toBe(sizeOf(await filesOf(store)))
  // At least the documents and their names, at most some tens of bytes for each item beside.
  expect(found.jsonBytes).toBeGreaterThan(3 * 502)
  expect(found.jsonBytes).toBeLessThan(3 * 502 + 6 * 60)
})

test('slots tell their key derivation, not what it is salted with', async () => {
  const password = 'correct horse battery staple'
  const db = await VaultDB.create(createMemoryStore(), { password, kdf: { name: 'pbkdf2-sha256' } })
  expect((await stats(db)).slots).toEqual([
    { id: expect.stringMatching(/^[A-Za-z0-9_-]{11}$/), kind: 'password', kdf: 'pbkdf2-sha256' },
  ])
})

test('shards that cannot be read are counted, and missing from the other numbers', async () => {
  const store = createMemoryStore()
  const db = await createVault(store)
  await db.write(
    [1, 2, 3, 4, 5, 6].map((number) => ({ put: `/${'abcdef'[number - 1]}/${number}`, value: filler(400) })),
  )
  await db.close()
  const again = await openVault(store)
  const whole = await stats(again)
  const last = (await readShards(again)).at(-1)
  const held = [...(last?.state.directories.values() ?? [])].flatMap((items) => [...items.values()])
  await store.delete(`shards/${last?.id}`, last?.version ?? '')
  const found = await stats(await openVault(store))
  expect(found).toMatchObject({ shards: whole.shards - 1, unreadableShards: 1 })
  expect(found.documents).toBe(whole.documents - held.filter(({ document }) => document !== null).length)
})

test("other files in the store do not count, and without sizes in a store's listings there is no sum", async () => {
  const store = createMemoryStore()
  const db = await createVault(store)
  const { storedBytes } = await stats(db)
  await store.write('notes', new Uint8Array(100), null)
  expect((await stats(db)).storedBytes).toBe(storedBytes)
  const withoutSizes = decorate(store, {
    async *list(prefix: string) {
      for await (const { key } of store.list(prefix)) yield { key }
    },
  })
  expect((await stats(await openVault(withoutSizes))).storedBytes).toBeNull()
})

test('options and errors', async () => {
  const store = createMemoryStore()
  let isDown = false
  const db = await createVault(withFaults(store, () => (isDown ? 'drop' : 'pass')))
  await expect(stats({} as VaultDB)).rejects.toThrow(TypeError)
  await expect(stats(db, { repair: true } as object)).rejects.toThrow(/repair/)
  await expect(stats(db, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ERR_ABORTED' })
  const seen: string[] = []
  await stats(db, { onProgress: ({ phase, done, total }) => seen.push(`${phase} ${done}/${total}`) })
  expect(seen).toEqual(['read 1/1'])
  isDown = true
  await expect(stats(db)).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE' })
  await db.close()
  await expect(stats(db)).rejects.toMatchObject({ code: 'ERR_CLOSED' })
})
