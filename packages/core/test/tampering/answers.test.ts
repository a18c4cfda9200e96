import { type BlobStore, createMemoryStore, type StoredBlob, VaultError } from '@vaultdb/core'
import { check } from '@vaultdb/core/maintenance'
import { describe, expect, test } from 'vitest'
import { increment, storeWith } from '../database/scenarios.ts'
import { createTestRuntime } from '../support/runtime.ts'
import { openVault } from '../support/vault.ts'

/** What a store answers once it no longer keeps to its contract. */
type Answers = {
  readonly [Method in 'read' | 'write' | 'list']?: (...request: Parameters<BlobStore[Method]>) => unknown
}

/** A store that keeps to its contract until `answers` are set. */
function createLiar(store: BlobStore): { readonly store: BlobStore; answers: Answers } {
  const liar = {
    answers: {} as Answers,
    store: {
      name: 'liar',
      capabilities: store.capabilities,
      read: async (...request) => (liar.answers.read ?? store.read.bind(store))(...request),
      write: async (...request) => (liar.answers.write ?? store.write.bind(store))(...request),
      delete: (...request) => store.delete(...request),
      list: (...request) => (liar.answers.list ?? store.list.bind(store))(...request),
    } as BlobStore,
  }
  return liar
}

const blob = (data: unknown, version: unknown = '1'): unknown => ({ data, version })

describe('a store that breaks its contract', () => {
  test.each<readonly [string, unknown]>([
    ['undefined', undefined],
    ['a number', 5],
    ['another word', 'changed'],
    ['an empty object', {}],
    ['text as data', blob('text')],
    ['an ArrayBuffer as data', blob(new ArrayBuffer(5000))],
    ['an array as data', blob([1, 2, 3])],
    ['words as data', blob(new Uint16Array(5000))],
    ['a number as version', blob(new Uint8Array(5000), 5)],
    ['no version', { data: new Uint8Array(5000) }],
  ])('answers a read with %s: ERR_UNAVAILABLE, and no crash', async (_what, answer) => {
    const liar = createLiar(await storeWith({ '/a': { n: 1 } }))
    const db = await openVault(liar.store)
    liar.answers = { read: () => answer }
    await expect(db.get('/a')).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE', name: 'VaultError' })
    await expect(openVault(liar.store)).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE', name: 'VaultError' })
    liar.answers = {}
    expect(await db.get('/a')).toEqual({ n: 1 })
  })

  test.each<readonly [string, unknown]>([
    ['undefined', undefined],
    ['a text', 'no'],
    ['a bare error', new TypeError('no')],
    ["an error with another program's code", Object.assign(new Error('no'), { code: 'ERR_INVALID_ARG_TYPE' })],
    ['an object with a code', { code: 'ERR_CORRUPT' }],
  ])('throws %s: an error with a code of ours, and what was thrown as its cause', async (_what, thrown) => {
    const liar = createLiar(await storeWith({ '/a': { n: 1 } }))
    const db = await openVault(liar.store)
    const fail = (): never => {
      throw thrown
    }
    liar.answers = { read: fail, write: fail, list: fail }
    await expect(db.get('/a')).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE', cause: thrown })
    await expect(db.put('/b', 1)).rejects.toMatchObject({ code: 'ERR_OUTCOME_UNKNOWN', applied: 'unknown' })
    liar.answers = { list: fail }
    await expect(check(db)).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE' })
  })

  test('answers a write without a version: whether it was applied is found out', async () => {
    const store = await storeWith({ '/a': { n: 1 } })
    const liar = createLiar(store)
    const db = await openVault(liar.store)
    liar.answers = {
      write: async (...request) => void (await store.write(...request)),
    }
    expect(await db.update('/a', increment)).toEqual({ n: 2 })
    expect(await (await openVault(store)).get('/a')).toEqual({ n: 2 })
  })

  test('lists what no file of a vault is called: left alone', async () => {
    const store = await storeWith({ '/a': { n: 1 } })
    const liar = createLiar(store)
    const db = await openVault(liar.store)
    const strange = ['../x', 'shards/../vault', 'shards/', `shards/${'x'.repeat(200)}`, 5].map((key) => ({ key }))
    liar.answers = { list: () => [...strange, null, 'shards/1'] }
    await expect(check(db)).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE' }) // an array is no AsyncIterable
    liar.answers = {
      async *list() {
        yield* [...strange, null, 'shards/1', {}]
      },
    }
    expect((await check(db)).problems).toEqual([])
  })
})

test('a store that gives every state of a file the same version: an own write is seen, and the next one builds on it', async () => {
  const files = new Map<string, Uint8Array>()
  const inner = createMemoryStore()
  const store: BlobStore = {
    name: 'coarse',
    capabilities: inner.capabilities,
    read: async (key): Promise<StoredBlob | null> => {
      const data = files.get(key)
      return data === undefined ? null : { data, version: 'same' }
    },
    write: async (key, data, expected) => {
      if (files.has(key) !== (expected !== null)) throw new VaultError('ERR_CONFLICT', 'no')
      files.set(key, data)
      return 'same'
    },
    delete: async (key) => void files.delete(key),
    list: () => inner.list(''),
  }
  const source = await storeWith({ '/a': { n: 1 } })
  for await (const { key } of source.list('')) {
    const found = await source.read(key)
    if (found !== null && found !== 'unchanged') files.set(key, found.data)
  }
  const db = await openVault(store)
  for (const n of [2, 3, 4]) {
    expect(await db.update('/a', increment)).toEqual({ n })
    expect(await db.get('/a')).toEqual({ n })
  }
})

test('the pauses between sendings of an unanswered write grow from the latency observed', async () => {
  const store = await storeWith({ '/a': { n: 1 } })
  const liar = createLiar(store)
  const runtime = createTestRuntime(3)
  const pauses: number[] = []
  const db = await openVault(liar.store, {
    runtime: {
      ...runtime,
      sleep: async (ms, signal) => {
        pauses.push(ms)
        await runtime.sleep(ms, signal)
      },
    },
  })
  liar.answers = {
    write: () => {
      throw new VaultError('ERR_UNAVAILABLE', 'no')
    },
  }
  await expect(db.put('/a', 1)).rejects.toMatchObject({ code: 'ERR_OUTCOME_UNKNOWN' })
  expect(pauses).toHaveLength(4)
  for (const [at, ms] of pauses.entries()) expect(ms).toBeGreaterThanOrEqual(2 ** at)
})
