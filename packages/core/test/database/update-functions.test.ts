import { withFaults } from '@vaultdb/core/testing'
import { expect, test } from 'vitest'
import { inspect, openVault } from '../support/vault.ts'
import { documentsOf, increment, storeWith } from './scenarios.ts'

type Counter = { readonly n: number } | null

/** A promise, and what settles it. */
function gate(): { readonly opened: Promise<void>; open(): void } {
  let open: () => void = () => undefined
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

test('a synchronous function runs once, though its write is sent many times', async () => {
  const store = await storeWith({ '/counter': { n: 1 } })
  let writes = 0
  const db = await openVault(withFaults(store, ({ kind }) => (kind === 'write' && ++writes < 4 ? 'drop' : 'pass')))
  let calls = 0
  await db.update('/counter', (counter: Counter) => {
    calls++
    return increment(counter)
  })
  expect([calls, writes]).toEqual([1, 4])
})

test('a function runs again only because its own document changed, and gets what it is by then', async () => {
  const store = await storeWith({ '/counter': { n: 1 }, '/other': 1 })
  const [db, rival] = [await openVault(store), await openVault(store)]
  const given: Counter[] = []
  await rival.put('/other', 2) // another document of the shard
  await db.update('/counter', (counter: Counter) => {
    given.push(counter)
    return increment(counter)
  })
  await rival.put('/counter', { n: 10 })
  await db.update('/counter', (counter: Counter) => {
    given.push(counter)
    return increment(counter)
  })
  expect(given).toEqual([{ n: 1 }, { n: 2 }, { n: 10 }])
  expect(await rival.get('/counter')).toEqual({ n: 11 })
})

test('while an asynchronous function is awaited, nothing is locked: its shard is read and written', async () => {
  const db = await openVault(await storeWith({ '/counter': { n: 1 }, '/other': 1 }))
  const asked = gate()
  const answer = gate()
  let calls = 0
  const update = db.update('/counter', async (counter: Counter) => {
    calls++
    asked.open()
    await answer.opened
    return increment(counter)
  })
  await asked.opened
  await db.put('/other', 2)
  await db.put('/third', 3)
  expect(await db.get('/counter')).toEqual({ n: 1 })
  expect(await db.remove('/third')).toBe(true)
  answer.open()
  expect(await update).toEqual({ n: 2 })
  expect(calls).toBe(1)
  expect(await db.list('/')).toEqual(['counter', 'other'])
})

test('an asynchronous function runs again when its document was changed while it was awaited', async () => {
  const store = await storeWith({ '/counter': { n: 1 } })
  const [db, rival] = [await openVault(store), await openVault(store)]
  const given: Counter[] = []
  const changes = [() => db.put('/counter', { n: 10 }), () => rival.put('/counter', { n: 20 })]
  const landed = await db.update('/counter', async (counter: Counter) => {
    given.push(counter)
    await changes.shift()?.()
    return increment(counter)
  })
  expect(given).toEqual([{ n: 1 }, { n: 10 }, { n: 20 }])
  expect(landed).toEqual({ n: 21 })
})

test('a document that was changed and changed back while the function was awaited did not change', async () => {
  const db = await openVault(await storeWith({ '/counter': { n: 1 } }))
  let calls = 0
  const landed = await db.update('/counter', async (counter: Counter) => {
    calls++
    await db.put('/counter', { n: 10 })
    await db.put('/counter', { n: 1 })
    return increment(counter)
  })
  expect([landed, calls]).toEqual([{ n: 2 }, 1])
})

test('a function may use the database that called it', async () => {
  const db = await openVault(await storeWith({ '/counter': { n: 1 } }))
  const landed = await db.update('/counter', async (counter: Counter) => {
    await db.put('/log/entry', counter)
    return increment(await db.get('/counter'))
  })
  expect([landed, await db.get('/log/entry')]).toEqual([{ n: 2 }, { n: 1 }])
})

test.each([
  [
    'throws',
    () => {
      throw new Error('no')
    },
  ],
  ['rejects', () => Promise.reject(new Error('no'))],
])('a function that %s fails its own update and nothing else', async (_how, fails) => {
  const store = await storeWith({ '/counter': { n: 1 }, '/other': 1 })
  const db = await openVault(store)
  const operations = [
    db.update('/counter', fails),
    db.update('/counter', increment),
    db.put('/other', 2),
    db.remove('/nothing'),
  ]
  const [failed, ...rest] = await Promise.allSettled(operations)
  expect(failed).toMatchObject({ status: 'rejected', reason: { message: 'no' } })
  expect(rest.map((each) => each.status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled'])
  expect(await documentsOf(store)).toEqual({ '/counter': { n: 2 }, '/other': 2 })
})

test('a function gets a copy, and what it answers is copied', async () => {
  const db = await openVault(await storeWith({ '/list': ['a'] }))
  let answer: string[] = []
  const landed = await db.update<string[]>('/list', (list) => {
    list?.push('b')
    answer = list as string[]
    return answer
  })
  answer.push('c')
  landed?.push('d')
  const read = await db.get<string[]>('/list', { maxAgeMs: 1e9 })
  read?.push('e')
  expect(await db.get('/list', { maxAgeMs: 1e9 })).toEqual(['a', 'b'])
})

test('a function that answers null removes the document and, with it, its empty directories', async () => {
  const store = await storeWith({ '/a/b/c': 1 })
  const db = await openVault(store)
  expect(await db.update('/a/b/c', async () => null)).toBeNull()
  expect(await db.list('/')).toEqual([])
  expect((await inspect(store)).markers).toEqual(new Set())
})

test.each([
  ['undefined', undefined],
  ['a function', () => 1],
  ['NaN', { deep: [Number.NaN] }],
])('a function that answers %s is told so, and nothing is written', async (_what, answer) => {
  const faulty = withFaults(await storeWith({ '/counter': { n: 1 } }))
  const db = await openVault(faulty)
  const change = (() => answer) as unknown as () => null
  await expect(db.update('/counter', change)).rejects.toBeInstanceOf(TypeError)
  expect(faulty.requests.filter(({ request }) => request.kind === 'write')).toHaveLength(0)
})
