import { type BlobStore, createMemoryStore, type VaultDB } from '@vaultdb/core'
import { type CheckProblem, check } from '@vaultdb/core/maintenance'
import { withFaults } from '@vaultdb/core/testing'
import { describe, expect, test } from 'vitest'
import { internalsOf } from '../../src/database/internals.ts'
import { encodeShardFile } from '../../src/format/shard-file.ts'
import { changeShard, type ItemChange } from '../../src/shards/change.ts'
import { decorate } from '../../src/store/decorators/decorate.ts'
import { createVault, filesOf, filler, inspect, openVault, readShards } from '../support/vault.ts'
import { changesShard, crashAfter, createsSibling } from './crashes.ts'

/** Documents that fill a shard nearly, so that one more splits it. */
async function fullVault(store: BlobStore): Promise<VaultDB> {
  const db = await createVault(store)
  await db.write([1, 2, 3, 4].map((number) => ({ put: `/documents/${number}`, value: filler(200) })))
  expect(await readShards(db)).toHaveLength(1)
  return db
}

const split = (db: VaultDB): Promise<void> => db.put('/documents/more', filler(400))

/** A vault of several shards. */
async function splitVault(store: BlobStore): Promise<VaultDB> {
  const db = await fullVault(store)
  await split(db)
  await db.close()
  return await openVault(store)
}

async function otherShard(db: VaultDB): Promise<string> {
  const shards = await readShards(db)
  return `shards/${shards.at(-1)?.id}`
}

const kindsOf = (problems: readonly CheckProblem[]): string[] => problems.map(({ kind }) => kind)

/** Expects `check` to report the same problem over and over, until it is asked to repair, and then never again. */
async function expectRepairable(store: BlobStore, expected: Omit<CheckProblem, 'repaired'>): Promise<void> {
  const before = (await inspect(store)).documents
  const files = await filesOf(store)
  for (let time = 0; time < 2; time++) {
    expect((await check(await openVault(store))).problems).toEqual([{ ...expected, repaired: false }])
  }
  expect(await filesOf(store)).toEqual(files)
  const db = await openVault(store)
  expect((await check(db, { repair: true })).problems).toEqual([{ ...expected, repaired: true }])
  expect((await check(db)).problems).toEqual([])
  expect((await check(await openVault(store), { repair: true })).problems).toEqual([])
  expect((await inspect(store)).documents).toEqual(before)
}

/** Expects `check` to report these problems, also when asked to repair, which then leaves every file as it is. */
async function expectReported(store: BlobStore, expected: readonly Omit<CheckProblem, 'repaired'>[]): Promise<void> {
  const files = await filesOf(store)
  for (const repair of [false, true]) {
    const { problems } = await check(await openVault(store), { repair })
    expect(problems).toEqual(expected.map((problem) => ({ ...problem, repaired: false })))
  }
  expect(await filesOf(store)).toEqual(files)
}

/** Seals a change of a shard as no writer would make it. */
async function forge(store: BlobStore, id: string, changes: readonly ItemChange[], hi?: string): Promise<void> {
  const db = await openVault(store)
  const shard = (await readShards(db)).find((each) => each.id === id)
  if (shard === undefined) throw new Error(`There is no shard ${id}.`)
  const entry = { seq: shard.state.seq + 1, writeId: 'AAAAAAAAAAA', base: 'AAAAAAAAAAA', removed: [], timeMs: 0 }
  const state = changeShard(shard.state, changes, entry)
  const moved = hi === undefined ? state : { ...state, hi }
  const data = await encodeShardFile(internalsOf(db).engine.root.shardContext, id, moved)
  await store.write(`shards/${id}`, data, shard.version)
}

test('a sound vault has no problems, and is counted', async () => {
  const store = createMemoryStore()
  const db = await splitVault(store)
  await db.put('/documents/below/this/one', 1)
  const shards = await readShards(db)
  expect(await check(db)).toEqual({ shards: shards.length, documents: 6, directories: 4, problems: [] })
  const empty = await createVault(createMemoryStore())
  expect(await check(empty)).toEqual({ shards: 1, documents: 0, directories: 0, problems: [] })
})

describe('what a crash leaves', () => {
  test('after the siblings of a split: an orphan', async () => {
    const store = createMemoryStore()
    await fullVault(store)
    await crashAfter(store, createsSibling, split)
    const orphan = [...(await filesOf(store)).keys()].find((key) => key.startsWith('shards/') && key !== 'shards/0')
    await expectRepairable(store, { kind: 'orphan-shard', file: orphan as string, serious: false })
    expect([...(await filesOf(store)).keys()]).toEqual(['shards/0', 'vault'])
  })

  test('after the commit of a split and before the map: a stale map', async () => {
    const store = createMemoryStore()
    await fullVault(store)
    await crashAfter(store, changesShard, split)
    const file = await otherShard(await openVault(store))
    await expectRepairable(store, { kind: 'stale-map', file, serious: false })
    const { engine } = internalsOf(await openVault(store))
    expect(engine.root.config.map.map(({ shard }) => `shards/${shard}`)).toEqual(['shards/0', file])
  })

  test('between a removal and the unlinking of its directory: a stray marker', async () => {
    const store = createMemoryStore()
    const db = await createVault(store)
    await db.put('/empty/soon/document', 1)
    await db.put('/empty/other', 1)
    await crashAfter(store, changesShard, (other) => other.remove('/empty/soon/document'))
    expect((await inspect(store)).markers).toEqual(new Set(['/empty/', '/empty/soon/']))
    await expectRepairable(store, { kind: 'stray-marker', file: 'shards/0', path: '/empty/soon/', serious: false })
    expect((await inspect(store)).markers).toEqual(new Set(['/empty/']))
  })

  test('a chain of stray markers is reported link by link, and repaired', async () => {
    const store = createMemoryStore()
    const db = await createVault(store)
    await db.put('/a/b/c/document', 1)
    await crashAfter(store, changesShard, (other) => other.remove('/a/b/c/document'))
    for (let time = 0; (await inspect(store)).markers.size > 0; time++) {
      expect(time).toBeLessThan(3)
      const { problems } = await check(await openVault(store), { repair: true })
      expect(new Set(kindsOf(problems))).toEqual(new Set(['stray-marker']))
      expect(problems.every(({ repaired, serious }) => repaired && !serious)).toBe(true)
    }
    expect((await check(await openVault(store))).problems).toEqual([])
  })

  test('a stray marker whose removal gave way to others is not called repaired', async () => {
    const store = createMemoryStore()
    const db = await createVault(store)
    await db.put('/empty/document', 1)
    await crashAfter(store, changesShard, (other) => other.remove('/empty/document'))
    let busy = true
    const contested: BlobStore = decorate(store, {
      async write(...request) {
        if (busy) await db.update<number>('/count', (count) => (count ?? 0) + 1) // the other client is always first
        return await store.write(...request)
      },
    })
    const repairing = await openVault(contested, { retry: { requestAttempts: 1, conflictAttempts: 3 } })
    const stray = { kind: 'stray-marker', path: '/empty/' }
    expect((await check(repairing, { repair: true })).problems).toMatchObject([{ ...stray, repaired: false }])
    busy = false
    expect((await check(repairing, { repair: true })).problems).toMatchObject([{ ...stray, repaired: true }])
    expect((await check(repairing)).problems).toEqual([])
  })

  test.each([
    ['repair', { repair: 'yes' }],
    ['signal', { signal: {} }],
    ['onProgress', { onProgress: true }],
  ])('an option of the wrong type is a TypeError: %s', async (_name, options) => {
    const db = await createVault(createMemoryStore())
    await expect(check(db, options as object)).rejects.toBeInstanceOf(TypeError)
  })

  test('all at once', async () => {
    const store = createMemoryStore()
    const db = await fullVault(store)
    await db.put('/empty/soon', 1)
    await crashAfter(store, changesShard, (other) => other.remove('/empty/soon'))
    await crashAfter(store, createsSibling, split)
    await crashAfter(store, changesShard, split)
    const { problems } = await check(await openVault(store), { repair: true })
    expect(new Set(kindsOf(problems))).toEqual(new Set(['stray-marker', 'orphan-shard', 'stale-map']))
    expect(problems.filter(({ repaired }) => !repaired)).toEqual([])
    expect((await check(await openVault(store))).problems).toEqual([])
    expect((await inspect(store)).documents.size).toBe(5)
  })
})

describe('what nothing can mend is reported and left alone', () => {
  test('a shard file that was deleted', async () => {
    const store = createMemoryStore()
    const file = await otherShard(await splitVault(store))
    const blob = await store.read(file)
    if (blob === null || blob === 'unchanged') throw new Error('The shard is missing.')
    await store.delete(file, blob.version)
    await expectReported(store, [{ kind: 'unreadable-shard', file, serious: true }])
    await store.write(file, blob.data, null)
    expect((await check(await openVault(store))).problems).toEqual([])
  })

  test('a damaged shard, beside which neither orphans nor markers are judged', async () => {
    const store = createMemoryStore()
    const db = await splitVault(store)
    const file = await otherShard(db)
    await crashAfter(store, createsSibling, (other) =>
      other.write([1, 2, 3, 4].map((number) => ({ put: `/documents/${number}`, value: filler(500) }))),
    )
    const orphan = (await check(db)).problems.find(({ kind }) => kind === 'orphan-shard')
    const blob = await store.read(file)
    if (blob === null || blob === 'unchanged') throw new Error('The shard is missing.')
    await store.write(
      file,
      blob.data.map((byte, index) => (index === 600 ? byte ^ 1 : byte)),
      blob.version,
    )
    const { problems } = await check(await openVault(store), { repair: true })
    expect(problems.filter(({ serious }) => serious)).toEqual([
      { kind: 'unreadable-shard', file, serious: true, repaired: false },
    ])
    expect(problems.filter(({ serious }) => !serious)).toEqual([{ ...orphan, repaired: false }])
    expect(await store.read(orphan?.file ?? '')).not.toBeNull()
  })

  test("files that are none of this vault's", async () => {
    const store = createMemoryStore()
    const other = createMemoryStore()
    await splitVault(store)
    await createVault(other)
    const foreign = await other.read('shards/0')
    if (foreign === null || foreign === 'unchanged') throw new Error('The shard is missing.')
    await store.write('shards/Notes', new TextEncoder().encode('shopping list'), null)
    await store.write('shards/OtherVaults', foreign.data, null)
    await expectReported(
      store,
      ['shards/Notes', 'shards/OtherVaults'].map((file) => ({ kind: 'foreign-file', file, serious: false })),
    )
  })

  test('an older state of a shard, put back', async () => {
    const store = createMemoryStore()
    await fullVault(store)
    const old = (await filesOf(store)).get('shards/0')
    const db = await openVault(store)
    await split(db)
    await db.close()
    const { version } = (await readShards(db))[0] ?? {}
    await store.write('shards/0', old ?? new Uint8Array(), version ?? null)
    await expectReported(store, [{ kind: 'broken-chain', file: 'shards/0', serious: true }])
  })

  test('a shard that ends before its neighbour begins', async () => {
    const store = createMemoryStore()
    const [first] = await readShards(await splitVault(store))
    const hi = `${first?.state.hi?.slice(0, -1)}${first?.state.hi?.endsWith('0') ? '1' : '0'}`
    await forge(store, '0', [], hi)
    expect(kindsOf((await check(await openVault(store))).problems)).toContain('broken-chain')
  })

  test('an item in a shard that does not own it', async () => {
    const store = createMemoryStore()
    const db = await splitVault(store)
    const file = await otherShard(db)
    const { document } = (await readShards(db))[0]?.state.directories.values().next().value?.values().next().value ?? {}
    // The top level lies in the first shard, always.
    await forge(store, file.slice('shards/'.length), [{ directory: '/', name: 'lost/', document: document ?? null }])
    const { problems } = await check(await openVault(store))
    expect(problems).toContainEqual({ kind: 'misplaced-item', file, path: '/lost/', serious: true, repaired: false })
  })

  test('a document that no marker leads to', async () => {
    const store = createMemoryStore()
    const db = await createVault(store)
    await db.put('/a/b/document', 1)
    await db.put('/other', 1)
    await forge(store, '0', [{ directory: '/', name: 'a/', document: undefined }])
    const path = '/a/b/document'
    await expectReported(store, [{ kind: 'unlinked-document', file: 'shards/0', path, serious: true }])
  })
})

describe('options and errors', () => {
  test('what is no database, and options that there are not', async () => {
    const db = await createVault(createMemoryStore())
    await expect(check({} as VaultDB)).rejects.toThrow(TypeError)
    await expect(check(db, { repiar: true } as object)).rejects.toThrow(/repiar/)
    await expect(check(db, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ERR_ABORTED' })
    await db.close()
    await expect(check(db)).rejects.toMatchObject({ code: 'ERR_CLOSED' })
  })

  test('progress goes up to the number of shards', async () => {
    const store = createMemoryStore()
    const db = await splitVault(store)
    const seen: string[] = []
    await check(await openVault(store), {
      onProgress: ({ phase, done, total }) => seen.push(`${phase} ${done}/${total}`),
    })
    const { length } = await readShards(db)
    expect(seen).toEqual(Array.from({ length }, (_, index) => `read ${index + 1}/${length}`))
  })

  test('an outage is thrown, not reported as damage', async () => {
    const store = createMemoryStore()
    await splitVault(store)
    let isDown = false
    const db = await openVault(withFaults(store, () => (isDown ? 'drop' : 'pass')))
    isDown = true
    await expect(check(db)).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE' })
  })

  test('a store that went back in time is thrown, not repaired', async () => {
    const store = createMemoryStore()
    const db = await fullVault(store)
    const old = (await filesOf(store)).get('shards/0')
    await db.put('/documents/1', 'changed')
    const { version } = (await readShards(db))[0] ?? {}
    await store.write('shards/0', old ?? new Uint8Array(), version ?? null)
    await expect(check(db, { repair: true })).rejects.toMatchObject({ code: 'ERR_ROLLBACK' })
  })
})
