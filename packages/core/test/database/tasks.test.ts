import { type Task, withMetrics } from '@vaultdb/core'
import { withFaults } from '@vaultdb/core/testing'
import { expect, test } from 'vitest'
import { internalsOf } from '../../src/database/internals.ts'
import { filler, openVault } from '../support/vault.ts'
import { documentsOf, increment, storeWith } from './scenarios.ts'

const documents = { '/a': 1, '/b': 2, '/d/x': { n: 1 } }

test('reads within a task ask the store once', async () => {
  const store = withMetrics(await storeWith(documents))
  const db = await openVault(store)
  const before = store.metrics().requests
  await db.task(async (task) => {
    expect(await task.get('/a')).toBe(1)
    expect(await task.get('/b')).toBe(2)
    expect(await task.list('/')).toEqual(['a', 'b', 'd/'])
    expect(await task.entries('/d/').toArray()).toEqual([['/d/x', { n: 1 }]])
  })
  expect(store.metrics().requests - before).toBe(1)
})

test('preload reads everything in one round, and no later read of the task asks', async () => {
  const many = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`/d/${index}`, 'x'.repeat(200)]))
  const store = withMetrics(await storeWith(many))
  const db = await openVault(store)
  const before = store.metrics()
  await db.task(async (task) => {
    await task.preload()
    const loaded = store.metrics()
    expect(loaded.rounds - before.rounds).toBe(1)
    for (const path of Object.keys(many)) expect(await task.get(path)).toBe(many[path])
    expect(await task.get('/nothing')).toBeNull()
    expect(await task.find('/').toArray()).toHaveLength(40)
    expect(store.metrics()).toEqual(loaded)
  })
})

test('a task keeps what it read, but reads nothing from before it began', async () => {
  const store = await storeWith(documents)
  const [db, rival] = [await openVault(store), await openVault(store)]
  await db.get('/a')
  await rival.put('/a', 10)
  await db.task(async (task) => {
    expect(await task.get('/a')).toBe(10)
    await rival.put('/a', 20)
    expect(await task.get('/a')).toBe(10)
    expect(await db.get('/a')).toBe(20) // outside of it, and so it is known inside as well
    expect(await task.get('/a')).toBe(20)
  })
})

test('a task sees its own writes, and they are applied as they come', async () => {
  const store = await storeWith(documents)
  const [db, rival] = [await openVault(store), await openVault(store)]
  await expect(
    db.task(async (task) => {
      await task.put('/a', 'changed')
      expect(await task.get('/a')).toBe('changed')
      expect(await rival.get('/a')).toBe('changed')
      expect(await task.update('/d/x', increment)).toEqual({ n: 2 })
      expect(await task.remove('/b')).toBe(true)
      expect(await task.list('/')).toEqual(['a', 'd/'])
      throw new Error('there is no rollback')
    }),
  ).rejects.toThrow('there is no rollback')
  expect(await documentsOf(store)).toEqual({ '/a': 'changed', '/d/x': { n: 2 } })
})

test('a task that writes on a stale read loses nothing of what others wrote', async () => {
  const store = await storeWith(documents)
  const [db, rival] = [await openVault(store), await openVault(store)]
  await db.task(async (task) => {
    await task.preload()
    await rival.update('/d/x', increment)
    expect(await task.update('/d/x', increment)).toEqual({ n: 3 })
  })
})

test('a task waits for what was not awaited', async () => {
  const store = await storeWith(documents)
  const db = await openVault(store)
  const result = await db.task((task) => {
    for (let time = 0; time < 20; time++) void task.update('/d/x', increment)
    void task.put('/e/f/g', 1)
    return 'result'
  })
  expect(result).toBe('result')
  expect(await documentsOf(store)).toEqual({ ...documents, '/d/x': { n: 21 }, '/e/f/g': 1 })
})

test('the error of an operation that was not awaited surfaces, after the others have ended', async () => {
  const store = await storeWith(documents)
  const db = await openVault(store)
  const work = db.task((task) => {
    void task.update('/a', () => {
      throw new Error('not awaited')
    })
    void task.put('/z', 1)
  })
  await expect(work).rejects.toThrow('not awaited')
  expect(await documentsOf(store)).toEqual({ ...documents, '/z': 1 })
})

test('the error that the task itself threw comes first', async () => {
  const db = await openVault(await storeWith(documents))
  const work = db.task((task) => {
    void task.update('/a', () => {
      throw new Error('not awaited')
    })
    throw new Error('its own')
  })
  await expect(work).rejects.toThrow('its own')
})

test('an error that was caught inside is dealt with', async () => {
  const db = await openVault(await storeWith(documents))
  const result = await db.task(async (task) => {
    try {
      await task.put('not a path', 1)
    } catch {
      return 'caught'
    }
  })
  expect(result).toBe('caught')
})

test('a task that has ended refuses its methods', async () => {
  const db = await openVault(await storeWith(documents))
  const task = await db.task((each): { readonly kept: Task } => ({ kept: each }))
  await expect(task.kept.get('/a')).rejects.toMatchObject({ code: 'ERR_CLOSED' })
  await expect(task.kept.put('/a', 1)).rejects.toMatchObject({ code: 'ERR_CLOSED' })
  await expect(db.task('work' as unknown as () => void)).rejects.toBeInstanceOf(TypeError)
})

test('two tasks at once do not share what they read', async () => {
  const store = await storeWith(documents)
  const faulty = withFaults(store)
  const db = await openVault(faulty)
  const reads = (): number => faulty.requests.filter(({ request }) => request.kind === 'read').length
  const before = reads()
  await db.task(async (first) => {
    await first.get('/a')
    await db.task(async (second) => {
      await second.get('/a')
      await second.get('/b')
    })
    await first.get('/b')
  })
  expect(reads() - before).toBe(2)
})

test("a task's signal gives up its operations, and an operation's own signal comes first", async () => {
  const db = await openVault(await storeWith(documents))
  const abort = new AbortController()
  const own = new AbortController()
  await db.task(
    async (task) => {
      expect(await task.get('/a')).not.toBeNull()
      abort.abort()
      await expect(task.get('/a')).rejects.toMatchObject({ code: 'ERR_ABORTED' })
      await expect(task.put('/a', 2)).rejects.toMatchObject({ code: 'ERR_ABORTED', applied: 'no' })
      await expect(task.find('/').toArray()).rejects.toMatchObject({ code: 'ERR_ABORTED' })
      await task.put('/a', 3, { signal: own.signal })
    },
    { signal: abort.signal },
  )
  expect(await db.get('/a')).toBe(3)
  await expect(db.task(() => 1, { signal: 'now' as unknown as AbortSignal })).rejects.toBeInstanceOf(TypeError)
})

test('within a task nothing that was seen goes back, where another client splits shards that the task knows', async () => {
  const directories = ['/a/', '/b/', '/c/', '/d/', '/e/', '/f/']
  const names = Array.from({ length: 6 }, (_, index) => `${index}`)
  const far = Array.from({ length: 20 }, (_, index) => `/far/${index}`)
  const seeds = [...directories.map((directory) => `${directory}seed`), ...far].map((path) => [path, filler(150)])
  const store = await storeWith(Object.fromEntries(seeds))
  const [db, rival] = [await openVault(store), await openVault(store)]
  await db.task(async (task) => {
    await task.preload()
    const added = directories.flatMap((directory) => names.map((name) => directory + name))
    await rival.write(added.map((put) => ({ put, value: filler(200) })))
    await rival.close() // by then the stored map names the new shards
    // Splits of its own: repairing the map, it learns of the other client's.
    for (const path of far) await task.put(`${path}-too`, filler(200))
    for (const directory of directories) {
      const seen: string[] = []
      for (const name of names) if ((await task.get(directory + name)) !== null) seen.push(name)
      expect((await task.list(directory)).filter((name) => names.includes(name))).toEqual(seen)
      const found = await task.find(directory).toArray()
      expect(seen.filter((name) => !found.includes(directory + name))).toEqual([])
    }
  })
})

test('a change in a task that another one of the same tick undoes is not answered from before it', async () => {
  const store = await storeWith(documents)
  const [db, rival] = [await openVault(store), await openVault(store)]
  await db.task(async (task) => {
    expect(await task.get('/new')).toBeNull()
    await rival.put('/new', 'of another')
    const [, wasThere] = await Promise.all([task.put('/new', 1), task.remove('/new')])
    expect(wasThere).toBe(true)
    expect(await rival.get('/new')).toBeNull()
  })
})

test('a directory is listed in a task once a document of it was written there, although its marker was seen by another', async () => {
  const all = Array.from({ length: 20 }, (_, index) => `/top/${index}/`)
  const fill = all.map((directory) => [`/top/far${directory}x`, filler(200)])
  const store = await storeWith(Object.fromEntries(fill))
  const [db, rival] = [await openVault(store), await openVault(store)]
  const { map, router } = internalsOf(db).engine.manager
  const home = map.find(router.keyOf('/top/', '0/'))
  const directories = all.filter((directory) => map.find(router.keyOf(directory, 'own')) !== home)
  await db.task(async (task) => {
    expect(await task.list('/top/')).toEqual(['far/'])
    await rival.write(directories.map((directory) => ({ put: `${directory}of-another`, value: 1 })))
    for (const directory of directories) await task.put(`${directory}own`, 1)
    const names = await task.list('/top/')
    expect(directories.length).toBeGreaterThan(0)
    for (const directory of directories) expect(names).toContain(directory.slice('/top/'.length))
  })
})
