import { type BlobStore, createMemoryStore, VaultDB, type VaultErrorCode, type WriteOperation } from '@vaultdb/core'
import { withFaults } from '@vaultdb/core/testing'
import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { createTestRuntime } from '../support/runtime.ts'
import { createVault, filesOf, inspect, KEY, openVault } from '../support/vault.ts'
import { storeWith } from './scenarios.ts'

const NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'hasOwnProperty',
  'toString',
  '0',
  '1',
  '4294967295',
  '-1',
  '1e3',
  'NaN',
  'null',
  ' ',
  '\t\r\n',
  '\u0001',
  '\u007f',
  '\ufeff',
  '\u2028',
  '"\\',
  '🦊',
  '👩‍👩‍👧‍👦',
  '\u00e9',
  'e\u0301',
  '\u202etxt.exe',
  '...',
  '%2F',
  'x'.repeat(1000),
  'é'.repeat(500),
]

test('hostile names are stored exactly, as documents and as directories, and listed in order', async () => {
  const store = createMemoryStore()
  const db = await createVault(store)
  await db.write(NAMES.map((name, index) => ({ put: `/${name}`, value: index })))
  for (const [index, name] of NAMES.entries()) await db.put(`/${name}/${index}`, { [name]: name })
  const fresh = await openVault(store)
  expect(await fresh.list('/')).toEqual(NAMES.flatMap((name) => [name, `${name}/`]).sort())
  for (const [index, name] of NAMES.entries()) {
    expect(await fresh.get(`/${name}`)).toBe(index)
    expect(await fresh.list(`/${name}/`)).toEqual([String(index)])
    const document = await fresh.get<Record<string, string>>(`/${name}/${index}`)
    expect(Object.entries(document ?? {})).toEqual([[name, name]])
  }
  expect(await fresh.find('/').toArray()).toHaveLength(2 * NAMES.length)
  for (const [index, name] of NAMES.entries()) {
    expect(await fresh.remove(`/${name}`)).toBe(true)
    expect(await fresh.prune(`/${name}/`)).toBe(1)
    expect(await fresh.list('/')).toHaveLength(2 * (NAMES.length - index - 1))
  }
  await fresh.close()
  expect((await inspect(store)).markers).toEqual(new Set())
})

test('names of 1,024 bytes and trees of 500 levels', async () => {
  const store = createMemoryStore()
  const db = await createVault(store)
  const long = `/${'x'.repeat(1023)}`
  const deep = `${'/a'.repeat(511)}/b`
  await db.put(long, 'long')
  await db.put(deep, 'deep')
  const fresh = await openVault(store)
  expect([await fresh.get(long), await fresh.get(deep)]).toEqual(['long', 'deep'])
  expect(await fresh.find('/').toArray()).toEqual([deep, long])
  expect(await fresh.prune('/a/')).toBe(1)
  expect(await fresh.list('/')).toEqual([long.slice(1)])
})

const VALUES: readonly (readonly [string, unknown])[] = [
  ['false', false],
  ['zero', 0],
  ['minus zero', -0],
  ['an empty text', ''],
  ['an empty array', []],
  ['an empty object', {}],
  ['nulls inside', { a: null, b: [null] }],
  ['large and small numbers', [Number.MAX_VALUE, Number.MIN_VALUE, 2 ** 53, -1.5e-9]],
  ['lone surrogates', ['\ud800', '\udc00', '\udc00\ud800']],
  ['all of the first code units', Array.from({ length: 300 }, (_, unit) => String.fromCharCode(unit)).join('')],
  ['both spellings of one text', { '\u00e9': 1, 'e\u0301': 2 }],
  ['integer-like names, in the order given', JSON.parse('{"b":1,"10":2,"9":3,"a":4}')],
  ['__proto__ as a member', JSON.parse('{"__proto__":{"polluted":true},"constructor":1}')],
  ['a text of 1,000,000 letters', 'é'.repeat(500_000)],
  ['100 levels', JSON.parse(`${'['.repeat(100)}1${']'.repeat(100)}`)],
  ['10,000 members', Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`k${index}`, index]))],
]

test.each(VALUES)('%s is stored exactly', async (_what, value) => {
  const store = createMemoryStore()
  const db = await createVault(store)
  await db.put('/d/value', value)
  await db.put('/d/neighbour', 1)
  const fresh = await openVault(store)
  expect(await fresh.get('/d/value')).toStrictEqual(value)
  expect(JSON.stringify(await fresh.get('/d/value'))).toBe(JSON.stringify(value))
  expect(({} as Record<string, unknown>).polluted).toBeUndefined()
})

test('any JSON value is stored exactly', async () => {
  const db = await createVault(createMemoryStore())
  const value = fc.json().map((text): unknown => JSON.parse(text))
  await fc.assert(
    fc.asyncProperty(value, async (each) => {
      await db.put('/value', each)
      expect(await db.get('/value')).toStrictEqual(each)
    }),
    { numRuns: 200 },
  )
})

const cycle: { self?: unknown } = {}
cycle.self = cycle
const UNSTORABLE: readonly (readonly [string, unknown, string])[] = [
  ['undefined', undefined, '$ is undefined'],
  ['undefined in an array', { a: [1, undefined] }, '$.a[1]'],
  ['a function', { f: () => 1 }, '$.f'],
  ['a symbol', [Symbol('s')], '$[0]'],
  ['a bigint', { 'not a name': 1n }, '$["not a name"]'],
  ['NaN', Number.NaN, '$ is NaN'],
  ['Infinity', [[Number.NEGATIVE_INFINITY]], '$[0][0]'],
  ['a cycle', cycle, '$.self'],
  ['a Date', { at: new Date(0) }, '$.at'],
  ['a Map', new Map(), '$ is an instance of Map'],
  ['bytes', new Uint8Array(3), '$ is an instance of Uint8Array'],
  ['101 levels', JSON.parse(`${'['.repeat(101)}${']'.repeat(101)}`), '100 levels'],
]

describe('what is refused leaves the vault as it was', () => {
  let store: BlobStore
  let before: ReadonlyMap<string, Uint8Array>
  beforeEach(async () => {
    store = await storeWith({ '/a': 1, '/d/x': 1 })
    before = await filesOf(store)
  })
  const expectUntouched = async (): Promise<void> => expect(await filesOf(store)).toEqual(before)

  test.each(UNSTORABLE)('%s is a TypeError that names the place', async (_what, value, place) => {
    const db = await openVault(store)
    for (const work of [
      db.put('/a', value),
      db.update('/a', () => value as null),
      db.write([
        { put: '/ok', value: 1 },
        { put: '/a', value },
      ]),
    ]) {
      const [outcome] = await Promise.allSettled([work])
      const reason = (outcome as PromiseRejectedResult).reason
      expect(reason).toBeInstanceOf(TypeError)
      if (value !== undefined) expect(reason.message).toContain(place)
    }
    await expectUntouched()
  })

  test('a document over the limit is ERR_TOO_LARGE', async () => {
    const db = await openVault(store)
    const large = 'x'.repeat(1024 * 1024)
    await expect(db.put('/a', large)).rejects.toMatchObject({ code: 'ERR_TOO_LARGE' })
    await expect(db.update('/a', () => large)).rejects.toMatchObject({ code: 'ERR_TOO_LARGE' })
    await expect(
      db.write([
        { put: '/b', value: 1 },
        { put: '/a', value: large },
      ]),
    ).rejects.toMatchObject({
      code: 'ERR_TOO_LARGE',
    })
    await expectUntouched()
  })

  test('malformed paths are ERR_INVALID_PATH, of the wrong type TypeError, in every method', async () => {
    const db = await openVault(store)
    const change = (): number => 1
    const document = (path: string): Promise<unknown>[] => [
      db.get(path),
      db.put(path, 1),
      db.update(path, change),
      db.remove(path),
      db.write([{ put: path, value: 1 }]),
      db.write([{ put: '/ok', value: 1 }, { remove: path }]),
    ]
    const directory = (path: string): (() => unknown)[] => [
      () => db.list(path),
      () => db.find(path).toArray(),
      () => db.entries(path).toArray(),
      () => db.prune(path),
    ]
    const outcomeOf = async (work: () => unknown): Promise<unknown> => {
      try {
        return await work()
      } catch (error) {
        return error
      }
    }
    for (const path of ['', 'a', '/a/', '/', '/../a', '/\ud800', '/a\0', `/${'x'.repeat(1024)}`]) {
      for (const each of document(path)) await expect(each).rejects.toMatchObject({ code: 'ERR_INVALID_PATH' })
    }
    for (const path of ['', '/a', 'a/', '//', '/../', '/\udc00/', '/a\0/', `/${'x'.repeat(1023)}/`]) {
      for (const each of directory(path)) expect(await outcomeOf(each)).toMatchObject({ code: 'ERR_INVALID_PATH' })
    }
    for (const path of [1, null, {}, ['/a']] as unknown as string[]) {
      for (const each of document(path)) await expect(each).rejects.toBeInstanceOf(TypeError)
      for (const each of directory(path)) expect(await outcomeOf(each)).toBeInstanceOf(TypeError)
    }
    await expectUntouched()
  })

  test('misspelt options and wrong types are TypeErrors, in every method', async () => {
    const db = await openVault(store)
    const wrong = { maxAge: 1 } as object
    const works = [
      db.get('/a', wrong),
      db.put('/a', 2, wrong),
      db.update('/a', () => 2, wrong),
      db.remove('/a', wrong),
      db.list('/', wrong),
      db.prune('/', wrong),
      db.write([{ remove: '/a' }], wrong),
      db.write({ remove: '/a' } as unknown as WriteOperation[]),
      db.write([{ remove: '/a', put: '/a' } as unknown as WriteOperation]),
      db.write([{ delete: '/a' } as unknown as WriteOperation]),
      db.write([null as unknown as WriteOperation]),
      db.write([{ put: '/a', valeu: 1 } as unknown as WriteOperation]),
      db.write([{ remove: '/a' }, { put: '/a', value: 2 }]),
      db.update('/a', 2 as unknown as () => null),
      db.changePassword('only one', undefined as unknown as string),
    ]
    for (const work of works) await expect(work).rejects.toBeInstanceOf(TypeError)
    expect(() => db.find('/', wrong)).toThrow(TypeError)
    expect(() => db.entries('/', wrong)).toThrow('maxAgeMs')
    await expectUntouched()
  })

  const otherKey = new Uint8Array(32).fill(1)
  const OPTIONS: readonly (readonly [string, object, VaultErrorCode | typeof TypeError | typeof RangeError])[] = [
    ['a wrong key', { key: otherKey }, 'ERR_CREDENTIALS'],
    ['a password where the vault has none', { key: undefined, password: 'secret' }, 'ERR_CREDENTIALS'],
    ['neither', { key: undefined }, TypeError],
    ['both', { password: 'secret' }, TypeError],
    ['a short key', { key: new Uint8Array(31) }, TypeError],
    ['a key as text', { key: 'x'.repeat(32) }, TypeError],
    ['a password that is no text', { key: undefined, password: 5 }, TypeError],
    ['an empty password', { key: undefined, password: '' }, RangeError],
    ['a misspelt option', { maxAge: 5 }, TypeError],
    ['an option of create', { shardBytes: 4096 }, TypeError],
    ['a misspelt retry option', { retry: { attempts: 5 } }, TypeError],
    ['too few attempts', { retry: { requestAttempts: 0 } }, RangeError],
    ['too many attempts', { retry: { conflictAttempts: 1001 } }, RangeError],
  ]
  test.each(OPTIONS)('open with %s', async (_what, options, expected) => {
    const [outcome] = await Promise.allSettled([openVault(store, options)])
    const reason = (outcome as PromiseRejectedResult).reason
    if (typeof expected === 'string') expect(reason.code).toBe(expected)
    else expect(reason).toBeInstanceOf(expected)
    expect(String(reason.message)).not.toContain('secret')
    await expectUntouched()
  })

  test('create where a vault is', async () => {
    await expect(createVault(store, { runtime: createTestRuntime(5) })).rejects.toMatchObject({ code: 'ERR_EXISTS' })
    const opened = await VaultDB.openOrCreate(store, { key: KEY, runtime: createTestRuntime(5) })
    expect(await opened.get('/a')).toBe(1)
    await expectUntouched()
  })
})

test.each<readonly [string, object, typeof TypeError | typeof RangeError]>([
  ['shards too small', { shardBytes: 1023 }, RangeError],
  ['shards too large', { shardBytes: 16 * 1024 ** 2 + 1 }, RangeError],
  ['shards that are no number', { shardBytes: '4096' }, TypeError],
  ['documents too small', { maxDocumentBytes: 1 }, RangeError],
  ['an unknown compression', { compression: 'gzip' }, TypeError],
  ['a misspelt option', { shardSize: 4096 }, TypeError],
])('create with %s sends nothing', async (_what, options, expected) => {
  const store = withFaults(createMemoryStore())
  await expect(createVault(store, options)).rejects.toBeInstanceOf(expected)
  expect(store.requests).toEqual([])
})

test.each([undefined, null, {}, '/path', new Map(), { read: () => null }])(
  'what is no store is a TypeError: %s',
  async (store) => {
    await expect(createVault(store as unknown as BlobStore)).rejects.toBeInstanceOf(TypeError)
    await expect(openVault(store as unknown as BlobStore)).rejects.toBeInstanceOf(TypeError)
  },
)

test('an empty place is ERR_MISSING, and stays empty', async () => {
  const store = createMemoryStore()
  await expect(openVault(store)).rejects.toMatchObject({ code: 'ERR_MISSING' })
  expect((await filesOf(store)).size).toBe(0)
})

test('a place that holds something else is refused and left alone', async () => {
  for (const content of [
    '',
    'hello',
    '{"format":"other"}\n',
    '{"format":"vaultdb","version":1}\n',
    '\0'.repeat(9000),
  ]) {
    const store = createMemoryStore()
    await store.write('vault', new TextEncoder().encode(content), null)
    const before = await filesOf(store)
    await expect(openVault(store)).rejects.toMatchObject({ code: 'ERR_CORRUPT' })
    await expect(createVault(store)).rejects.toMatchObject({ code: 'ERR_EXISTS' })
    expect(await filesOf(store)).toEqual(before)
  }
})

test('a file of a newer format is ERR_UNSUPPORTED and left alone', async () => {
  for (const key of ['vault', 'shards/0']) {
    const store = createMemoryStore()
    for (const [each, data] of await filesOf(await storeWith({ '/a': 1 }))) {
      const text = new TextDecoder('latin1').decode(data)
      const newer = Buffer.from(text.replace('"version":1', '"version":2'), 'latin1')
      await store.write(each, each === key ? new Uint8Array(newer) : data, null)
    }
    const before = await filesOf(store)
    const work = openVault(store).then((db) => db.put('/a', 2))
    await expect(work).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' })
    expect(await filesOf(store)).toEqual(before)
  }
})

test('a foreign file in the place of the first shard is never taken for an empty shard', async () => {
  const store = createMemoryStore()
  await store.write('shards/0', new Uint8Array(5000), null)
  await expect(createVault(store)).rejects.toMatchObject({ code: 'ERR_CORRUPT' })
  await expect(openVault(store)).rejects.toMatchObject({ code: 'ERR_CORRUPT' })
  expect((await filesOf(store)).get('shards/0')).toEqual(new Uint8Array(5000))
})

test('nothing that is stored can be read in the bytes of the store', async () => {
  const store = createMemoryStore()
  const db = await createVault(store)
  await db.put('/find-this-name/find-this-too', { secret: 'find-this-value' })
  await db.remove('/find-this-name/find-this-too')
  await db.put('/find-this-name/again', 'find-this-value')
  await db.close()
  for (const [key, data] of await filesOf(store))
    expect(key + Buffer.from(data).toString('latin1')).not.toContain('find-this')
})
