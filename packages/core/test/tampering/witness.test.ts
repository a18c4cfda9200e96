import {
  type BlobStore,
  createMemoryStore,
  createMemoryWitness,
  errorCode,
  type VaultDB,
  type Witness,
  type WitnessRecord,
} from '@vaultdb/core'
import { describe, expect, test } from 'vitest'
import { increment, storeWith } from '../database/scenarios.ts'
import { createTestRuntime } from '../support/runtime.ts'
import { createVault, filesOf, filler, KEY, openVault } from '../support/vault.ts'
import { createEvilStore, type EvilStore, type Snapshot, storeOf } from './evil-store.ts'

/** A witness whose memory goes through JSON, as a file's would. */
function createJsonWitness(): Witness & { readonly text: string | null } {
  let text: string | null = null
  return {
    load: async () => (text === null ? null : JSON.parse(text)),
    save: async (record) => {
      text = JSON.stringify(record)
    },
    get text() {
      return text
    },
  }
}

const WITNESSES = [
  ['in memory', createMemoryWitness],
  ['kept as JSON', createJsonWitness],
] as const

async function change(store: BlobStore, work: (db: VaultDB) => Promise<unknown>): Promise<Snapshot> {
  const db = await openVault(store)
  await work(db)
  await db.close()
  return await filesOf(store)
}

interface Story {
  readonly evil: EvilStore
  readonly witness: Witness
  readonly older: Snapshot
  readonly newer: Snapshot
}

/** A vault of several shards of which a device has read everything, and the state it had before. */
async function tell(createWitness: () => Witness): Promise<Story> {
  const store = await storeWith({
    '/a': { n: 0 },
    '/d/x': { n: 0, pad: filler(700) },
    '/d/y': { n: 0, pad: filler(600) },
  })
  const older = await filesOf(store)
  const newer = await change(store, async (db) => {
    for (const path of ['/a', '/d/x', '/d/y']) await db.update(path, increment)
    await db.put('/e/z', filler(900)) // splits, and so changes the root file
    await db.put('/f/z', filler(900))
  })
  const evil = createEvilStore(store)
  const witness = createWitness()
  const db = await openVault(evil, { witness })
  await db.entries('/').toArray()
  await db.close()
  return { evil, witness, older, newer }
}

const everything = async (store: BlobStore, witness: Witness): Promise<unknown> => {
  const db = await openVault(store, { witness })
  return await db.entries('/').toArray()
}

describe.each(WITNESSES)('a witness %s', (_how, createWitness) => {
  test('notices each file that was replaced by an older one', async () => {
    const { evil, witness, older, newer } = await tell(createWitness)
    const changed = [...older].filter(([key, data]) => !Buffer.from(newer.get(key) ?? []).equals(data))
    expect(changed.map(([key]) => key)).toContain('vault')
    expect(changed.length).toBeGreaterThanOrEqual(3)
    for (const [key, data] of changed) {
      evil.show(key, data)
      await expect(everything(evil, witness)).rejects.toMatchObject({ code: 'ERR_ROLLBACK' })
      evil.relent()
      expect(await everything(evil, witness)).toHaveLength(5)
    }
  })

  test('notices a whole store that was set back', async () => {
    const { evil, witness, older } = await tell(createWitness)
    await evil.become(older)
    await expect(everything(evil, witness)).rejects.toMatchObject({ code: 'ERR_ROLLBACK' })
  })

  test('notices what was set back and then written on', async () => {
    const { evil, witness, older } = await tell(createWitness)
    for (const writes of [1, 2, 5, 10]) {
      const other = await storeOf(older)
      await evil.become(
        await change(other, async (db) => {
          for (let write = 0; write < writes; write++) {
            for (const path of ['/a', '/d/x', '/d/y']) await db.update(path, increment)
          }
        }),
      )
      const [outcome] = await Promise.allSettled([everything(evil, witness)])
      expect(outcome.status).toBe('rejected')
      if (outcome.status === 'rejected') expect(['ERR_ROLLBACK', 'ERR_FORK']).toContain(errorCode(outcome.reason))
    }
  })

  test('notices two histories of one length', async () => {
    const base = await filesOf(await storeWith({ '/a': { n: 0 } }))
    const [ours, theirs] = [await storeOf(base), await storeOf(base)]
    await change(ours, (db) => db.put('/a', 'ours'))
    const evil = createEvilStore(ours)
    const witness = createWitness()
    await (await openVault(evil, { witness })).close()
    await evil.become(await change(theirs, (db) => db.put('/a', 'theirs')))
    await expect(everything(evil, witness)).rejects.toMatchObject({ code: 'ERR_FORK' })
    await evil.become(await change(theirs, (db) => db.put('/a', 'theirs, and longer')))
    await expect(everything(evil, witness)).rejects.toMatchObject({ code: 'ERR_FORK' })
  })

  test('lets a history go on, however far', async () => {
    const { evil, witness } = await tell(createWitness)
    await change(evil, async (db) => {
      for (let write = 0; write < 120; write++) await db.update('/a', increment)
    })
    expect(await everything(evil, witness)).toHaveLength(5)
  })

  test('notices another vault in the place, one that vanished, and does not let one be created there', async () => {
    const { evil, witness, newer } = await tell(createWitness)
    const foreign = createMemoryStore()
    await (await createVault(foreign, { runtime: createTestRuntime(99) })).close()
    await evil.become(await filesOf(foreign))
    await expect(openVault(evil, { witness })).rejects.toMatchObject({ code: 'ERR_ROLLBACK' })
    await expect(createVault(evil, { witness })).rejects.toMatchObject({ code: 'ERR_EXISTS' })
    await evil.become(new Map())
    await expect(openVault(evil, { witness })).rejects.toMatchObject({ code: 'ERR_ROLLBACK' })
    await expect(createVault(evil, { witness })).rejects.toMatchObject({ code: 'ERR_ROLLBACK' })
    expect(evil.writes).toBe(0)
    await evil.become(newer)
    expect(await everything(evil, witness)).toHaveLength(5)
  })

  test('is not moved by what it refused', async () => {
    const { evil, witness, older, newer } = await tell(createWitness)
    const remembered = JSON.stringify(await witness.load())
    await evil.become(older)
    await expect(everything(evil, witness)).rejects.toMatchObject({ code: 'ERR_ROLLBACK' })
    expect(JSON.stringify(await witness.load())).toBe(remembered)
    await evil.become(newer)
    expect(await everything(evil, witness)).toHaveLength(5)
  })
})

describe('a database that is open', () => {
  const acts: readonly (readonly [string, (db: VaultDB) => Promise<unknown>])[] = [
    ['get', (db) => db.get('/a')],
    ['list', (db) => db.list('/')],
    ['entries', (db) => db.entries('/').toArray()],
    ['put', (db) => db.put('/a', 1)],
    ['update', (db) => db.update('/a', increment)],
    ['remove', (db) => db.remove('/a')],
    ['prune', (db) => db.prune('/')],
  ]

  test.each(acts)('notices by itself that its store was set back: %s', async (_name, act) => {
    const store = await storeWith({ '/a': { n: 0 } })
    const older = await filesOf(store)
    const evil = createEvilStore(store)
    const db = await openVault(evil)
    await db.update('/a', increment)
    await evil.become(older)
    const [outcome] = await Promise.allSettled([act(db)])
    const { code, cause } = (outcome as PromiseRejectedResult).reason
    // A write that met the older state is not applied for all that can be seen; its error carries the reason.
    expect(code === 'ERR_OUTCOME_UNKNOWN' ? cause.code : code).toBe('ERR_ROLLBACK')
  })
})

describe('a device that has never seen the vault', () => {
  test('trusts what it finds first: an old state opens as what it was, and as nothing else', async () => {
    const store = await storeWith({ '/a': { n: 0 } })
    const older = await filesOf(store)
    await change(store, (db) => db.update('/a', increment))
    const evil = createEvilStore(store)
    await evil.become(older)
    expect(await everything(evil, createMemoryWitness())).toEqual([['/a', { n: 0 }]])
  })

  test('shown old files beside new ones, it reads states that existed, or refuses', async () => {
    const { evil, older, newer } = await tell(createMemoryWitness)
    for (const [key, data] of older) {
      if (!newer.has(key)) continue
      evil.show(key, data)
      const [outcome] = await Promise.allSettled([everything(evil, createMemoryWitness())])
      if (outcome.status === 'rejected') expect(errorCode(outcome.reason)).toBe('ERR_CORRUPT')
      else {
        for (const [path, value] of outcome.value as [string, { n?: number } | string][]) {
          if (typeof value === 'string') expect(['/e/z', '/f/z']).toContain(path)
          else expect([0, 1]).toContain(value.n)
        }
      }
      evil.relent()
    }
  })
})

test('a witness that cannot be loaded keeps the vault shut; one that cannot save does no harm', async () => {
  const store = await storeWith({ '/a': 1 })
  const unreadable: Witness = { load: () => Promise.reject(new Error('no')), save: async () => undefined }
  await expect(openVault(store, { witness: unreadable })).rejects.toThrow('no')
  const unwritable: Witness = { load: async () => null, save: () => Promise.reject(new Error('no')) }
  const db = await openVault(store, { witness: unwritable })
  await db.put('/a', 2)
  await db.close()
  expect(await (await openVault(store)).get('/a')).toBe(2)
})

test.each<readonly [string, unknown]>([
  ['nothing but undefined files', { vault: 'AAAAAAAAAAAAAAAAAAAAAA' }],
  ['text', 'a record'],
  ['a list', []],
  ['another kind of id', { vault: 'short', files: {} }],
  ['a counter that is no number', { vault: 'AAAAAAAAAAAAAAAAAAAAAA', files: { vault: { seq: '3', hash: '' } } }],
  [
    'a hash that is cut off',
    { vault: 'AAAAAAAAAAAAAAAAAAAAAA', files: { vault: { seq: 3, hash: 'AAAAAAAAAAAAAAAAAAAAAA' } } },
  ],
  ['a file without a state', { vault: 'AAAAAAAAAAAAAAAAAAAAAA', files: { vault: null } }],
])('a witness that loads %s keeps the vault shut, and is left as it is', async (_what, loaded) => {
  const store = await storeWith({ '/a': 1 })
  let saves = 0
  const witness: Witness = {
    load: async () => loaded as WitnessRecord,
    save: async () => {
      saves++
    },
  }
  await expect(openVault(store, { witness })).rejects.toThrow(/^The witness loaded something/)
  await expect(openVault(store, { witness })).rejects.toBeInstanceOf(TypeError)
  expect(saves).toBe(0)
})

test('two databases that share a witness forget nothing that either has seen', async () => {
  const store = await storeWith({
    '/a': { n: 0 },
    '/d/x': { n: 0, pad: filler(700) },
    '/d/y': { n: 0, pad: filler(600) },
  })
  const older = await filesOf(store)
  const witness = createJsonWitness()
  const [first, second] = [await openVault(store, { witness }), await openVault(store, { witness })]
  await second.entries('/').toArray()
  for (const path of ['/a', '/d/x', '/d/y']) await first.update(path, increment)
  await first.close()
  await second.put('/another', 1) // has seen older states of the other shards, and saves its record last
  await second.close()
  const evil = createEvilStore(store)
  const newer = await filesOf(store)
  for (const [key, data] of older) {
    if (Buffer.from(newer.get(key) ?? []).equals(data)) continue
    evil.show(key, data)
    await expect(everything(evil, witness)).rejects.toMatchObject({ code: 'ERR_ROLLBACK' })
    evil.relent()
  }
})

test('a database does not save over the record of another vault', async () => {
  const store = await storeWith({ '/a': 1 })
  let record: WitnessRecord | null = null
  const witness: Witness = {
    load: async () => record,
    save: async (next) => {
      record = next
    },
  }
  const db = await openVault(store, { witness })
  const replaced: WitnessRecord = { vault: 'AAAAAAAAAAAAAAAAAAAAAA', files: {} }
  record = replaced
  await db.put('/a', 2)
  await db.close()
  expect(record).toBe(replaced)
})

test('what a witness saves holds no secret', async () => {
  const witness = createJsonWitness()
  const store = createMemoryStore()
  const db = await createVault(store, { witness })
  await db.put('/secret/path', 'secret value')
  await db.close()
  expect(witness.text).toContain('shards/0')
  expect(witness.text).not.toContain('secret')
  expect(witness.text).not.toContain(Buffer.from(KEY).toString('base64url'))
})
