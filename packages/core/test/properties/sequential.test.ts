import { createMemoryStore, type DocumentStore, type VaultDB } from '@vaultdb/core'
import { type Fault, withFaults } from '@vaultdb/core/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  createVault,
  directoriesOf,
  filler,
  inspect,
  namesIn,
  openVault,
  readShards,
  sortedAsFound,
} from '../support/vault.ts'

/** The model: what a vault is for its users. */
type Model = Map<string, unknown>

interface Client {
  readonly db: DocumentStore
  readonly model: Model
}

/** An operation does the same to both and compares. */
type Operation = (client: Client) => Promise<void>

/** An operation that says what it is where a counterexample is printed. */
function named(text: string, operation: Operation): Operation {
  return Object.assign(operation, { [fc.toStringMethod]: () => text })
}

const segment = fc.constantFrom('a', 'b', 'c', '__proto__', '0', 'é', '🦊')
const directory = fc
  .array(segment, { maxLength: 3 })
  .map((segments) => `/${segments.map((each) => `${each}/`).join('')}`)
const path = fc.tuple(directory, segment).map(([parent, name]) => parent + name)
const value = fc.oneof(
  { weight: 3, arbitrary: fc.jsonValue({ maxDepth: 2 }).filter((each) => each !== null) },
  { weight: 2, arbitrary: fc.integer({ min: 100, max: 1500 }).map((length) => ({ text: filler(length) })) },
)

const below = (model: Model, parent: string): string[] =>
  sortedAsFound(
    parent,
    [...model.keys()].filter((each) => each.startsWith(parent)),
  )

const put = fc.tuple(path, value).map(([at, document]) =>
  named(`put ${at} ${fc.stringify(document)}`, async ({ db, model }) => {
    await db.put(at, document)
    model.set(at, document)
  }),
)
const get = path.map((at) =>
  named(`get ${at}`, async ({ db, model }) => {
    expect(await db.get(at)).toEqual(model.get(at) ?? null)
  }),
)
const remove = path.map((at) =>
  named(`remove ${at}`, async ({ db, model }) => {
    expect(await db.remove(at)).toBe(model.delete(at))
  }),
)
const update = fc.tuple(path, fc.boolean(), fc.integer({ max: 700, min: 0 })).map(([at, later, length]) =>
  named(`update ${at} ${length}`, async ({ db, model }) => {
    const change = (document: unknown): unknown => [
      filler(length),
      ...(Array.isArray(document) ? document.slice(0, 3) : []),
    ]
    const landed = await db.update(at, later ? async (document) => change(document) : change)
    expect(landed).toEqual(change(model.get(at) ?? null))
    model.set(at, landed)
  }),
)
const updateAway = path.map((at) =>
  named(`update ${at} to null`, async ({ db, model }) => {
    expect(await db.update(at, () => null)).toBeNull()
    model.delete(at)
  }),
)
const list = directory.map((at) =>
  named(`list ${at}`, async ({ db, model }) => {
    expect(await db.list(at)).toEqual(namesIn(at, model.keys()))
  }),
)
const find = directory.map((at) =>
  named(`find ${at}`, async ({ db, model }) => {
    expect(await db.find(at).toArray()).toEqual(below(model, at))
  }),
)
const entries = directory.map((at) =>
  named(`entries ${at}`, async ({ db, model }) => {
    const found: [string, unknown][] = []
    for await (const entry of db.entries(at)) found.push(entry)
    expect(found).toEqual(below(model, at).map((each) => [each, model.get(each)]))
  }),
)
const prune = directory.map((at) =>
  named(`prune ${at}`, async ({ db, model }) => {
    const paths = below(model, at)
    expect(await db.prune(at)).toBe(paths.length)
    for (const each of paths) model.delete(each)
  }),
)

function expectedResult(model: Model, at: string, document: unknown): string {
  if (document === null) return model.has(at) ? 'removed' : 'absent'
  if (!model.has(at)) return 'created'
  return JSON.stringify(model.get(at)) === JSON.stringify(document) ? 'unchanged' : 'replaced'
}

const changes = fc.uniqueArray(fc.tuple(path, fc.option(value)), { maxLength: 12, selector: ([at]) => at })
const write = changes.map((wanted) =>
  named(`write ${fc.stringify(wanted)}`, async ({ db, model }) => {
    const operations = wanted.map(([at, document]) =>
      document === null ? { remove: at } : { put: at, value: document },
    )
    const expected = wanted.map(([at, document]) => expectedResult(model, at, document))
    expect(await db.write(operations)).toEqual(expected)
    for (const [at, document] of wanted) {
      if (document === null) model.delete(at)
      else model.set(at, document)
    }
  }),
)

const simple = fc.oneof(
  put,
  put,
  put,
  get,
  remove,
  remove,
  update,
  updateAway,
  list,
  find,
  entries,
  prune,
  write,
  write,
)
const task = fc.tuple(fc.array(simple, { maxLength: 4 }), fc.boolean()).map(([operations, preload]) =>
  named(`task${preload ? ' with preload' : ''} ${fc.stringify(operations)}`, async ({ db, model }) => {
    await (db as VaultDB).task(async (own) => {
      if (preload) await own.preload()
      for (const operation of operations) await operation({ db: own, model })
    })
  }),
)
const operation = fc.oneof({ weight: 14, arbitrary: simple }, { weight: 1, arbitrary: task })

/** For a machine that has much else to do; it takes seconds. */
const TIME_LIMIT_MS = 300_000

const CLIENTS = 3
const steps = fc.array(fc.tuple(fc.nat(CLIENTS - 1), operation), { maxLength: 14, size: 'max' })

/** Lost requests and lost answers: never so many in a row that a client would give up. */
const faults = fc.array(fc.constantFrom<Fault>('pass', 'pass', 'pass', 'drop', 'lose-answer'), { maxLength: 100 })

async function follow(work: readonly (readonly [number, Operation])[], trouble: readonly Fault[]): Promise<void> {
  const store = createMemoryStore()
  await (await createVault(store)).close()
  let sent = -1
  const network = withFaults(store, () => (sent < 0 ? 'pass' : (trouble[sent++] ?? 'pass')))
  const clients: VaultDB[] = []
  while (clients.length < CLIENTS) clients.push(await openVault(network, { retry: { requestAttempts: 100 } }))
  sent = 0
  const model: Model = new Map()
  for (const [index, step] of work) await step({ db: clients[index] as VaultDB, model })
  const whole = below(model, '/').map((each) => [each, model.get(each)])
  for (const db of clients) {
    expect(await db.entries('/').toArray()).toEqual(whole)
    await db.close()
  }
  const { documents, markers } = await inspect(store)
  expect(new Map(documents)).toEqual(model)
  expect([...markers].sort()).toEqual([...directoriesOf(model.keys())].sort())
  const fresh = await openVault(store)
  expect(await fresh.entries('/').toArray()).toEqual(whole)
  for (const each of directoriesOf(model.keys())) expect(await fresh.list(each)).toEqual(namesIn(each, model.keys()))
}

test(
  'several clients, one after the other, do what a plain map does',
  async () => {
    await fc.assert(
      fc.asyncProperty(steps, (work) => follow(work, [])),
      { numRuns: Number(process.env.RUNS ?? 300) },
    )
  },
  TIME_LIMIT_MS,
)

test(
  'and also where requests and answers are lost on the way',
  async () => {
    await fc.assert(fc.asyncProperty(steps, faults, follow), { numRuns: Number(process.env.RUNS ?? 200) })
  },
  TIME_LIMIT_MS,
)

test('a vault grows to many shards and back, and every client finds its way with an old map', async () => {
  const store = createMemoryStore()
  const db = await createVault(store)
  const old = await openVault(store)
  const paths = Array.from({ length: 200 }, (_, index) => `/d${index % 7}/e${index % 3}/document-${index}`)
  for (const each of paths.slice(0, 60)) await db.put(each, { text: filler(150) })
  await db.write(paths.slice(60).map((each) => ({ put: each, value: { text: filler(150) } })))
  await db.close()
  expect((await readShards(await openVault(store))).length).toBeGreaterThan(30)
  for (const each of paths) expect(await old.get(each)).toEqual({ text: filler(150) })
  expect(await old.find('/').toArray()).toEqual(sortedAsFound('/', paths))
  expect(await old.prune('/')).toBe(paths.length)
  await old.close()
  const { documents, markers } = await inspect(store)
  expect([documents.size, markers.size]).toEqual([0, 0])
})

test('a client whose cache is older than a directory removes its markers with its last document', async () => {
  const store = createMemoryStore()
  const db = await createVault(store)
  await db.write(Array.from({ length: 30 }, (_, index) => ({ put: `/d${index}/keep`, value: filler(400) })))
  const old = await openVault(store)
  await old.find('/').toArray()
  for (let index = 0; index < 30; index++) await db.put(`/d${index}/e/f/x`, index)
  for (let index = 0; index < 30; index++) {
    if (index % 2 === 0) expect(await old.prune(`/d${index}/e/f/`)).toBe(1)
    else expect(await old.remove(`/d${index}/e/f/x`)).toBe(true)
  }
  await Promise.all([db.close(), old.close()])
  const { documents, markers } = await inspect(store)
  expect([...markers].sort()).toEqual([...directoriesOf(documents.keys())].sort())
})
