import { createHash } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { makeCredentials } from '../dist/index.js'
import { bytesOnDisk } from './disk.mjs'

/*
 * One subject in a process of its own, driven by the parent one step at a time: `{ step, budgetMs }` comes in, `{ result }` or `{ error }` goes
 * out. A process each, so that nobody's garbage is collected in somebody else's time.
 */

const [module, directory, countText] = process.argv.slice(2)
const count = Number(countText)
const key = createHash('sha256').update('the key of the benchmarks').digest()
const { createSubject } = await import(module)
const subject = createSubject({ directory, key })

const entries = makeCredentials(count, 1)
let turn = 0
/** A document far from the last one; 7,919 is prime, so every document has its turn. */
const nextPath = () => entries[(turn++ * 7919) % count][0]
const change = (document) => ({ ...document, modified: new Date(1_767_225_600_000 + turn).toISOString() })

/** Repeats `work` until the time is up or it was done often enough, once at any rate. Milliseconds each. */
async function repeat(budgetMs, work, most = Number.POSITIVE_INFINITY) {
  const samplesMs = []
  const endMs = performance.now() + budgetMs
  do {
    const startMs = performance.now()
    await work()
    samplesMs.push(performance.now() - startMs)
  } while (performance.now() < endMs && samplesMs.length < most)
  return { samplesMs }
}

async function getOne(get = subject.get) {
  const path = nextPath()
  if ((await get(path)) == null) throw new Error(`${path} is missing.`)
}

/** "Again" means again: every document has been read once before, as far as half a second goes. */
async function warmUp(get) {
  const endMs = performance.now() + 500
  for (let read = 0; read < count && performance.now() < endMs; read++) await getOne(get)
}

/** Batches of gets, as one is too short for the clock; where a single one is slow the batch is as short. */
async function timeGets(get, budgetMs) {
  await warmUp(get)
  const { samplesMs } = await repeat(0, () => getOne(get))
  const batch = samplesMs[0] > 1 ? 1 : 500
  const batches = await repeat(budgetMs, async () => {
    for (let done = 0; done < batch; done++) await getOne(get)
  })
  return { samplesMs: batches.samplesMs.map((ms) => ms / batch) }
}

async function afresh(work) {
  await subject.open()
  try {
    return await work()
  } finally {
    await subject.close()
  }
}

async function importAll() {
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const { samplesMs } = await repeat(0, () => subject.importAll(entries))
  return samplesMs
}

async function exportJson() {
  const all = {}
  await subject.exportAll((path, document) => {
    all[path] = document
  })
  expectAll(Object.keys(all).length)
  return JSON.stringify(all)
}

function expectAll(documents) {
  if (documents < count) throw new Error(`Found ${documents} documents of ${count}.`)
}

const STEPS = {
  import: async ({ budgetMs }) => {
    const samplesMs = []
    const endMs = performance.now() + budgetMs
    do samplesMs.push(...(await importAll()))
    while (performance.now() < endMs)
    return { samplesMs, diskBytes: bytesOnDisk(directory) }
  },
  openGet: ({ budgetMs }) => repeat(budgetMs, () => afresh(() => getOne())),
  get: ({ budgetMs }) => afresh(() => timeGets(subject.get, budgetMs)),
  getInTask: async ({ budgetMs }) => {
    let result = { samplesMs: [] }
    if (subject.inTask === undefined) return result
    await afresh(() =>
      subject.inTask(async (get) => {
        result = await timeGets(get, budgetMs)
      }),
    )
    return result
  },
  // The first change after opening also reads; what is measured is an application that has been running.
  update: ({ budgetMs }) =>
    afresh(async () => {
      await subject.update(nextPath(), change)
      return repeat(budgetMs, () => subject.update(nextPath(), change))
    }),
  // A few at a time: the quick subjects would otherwise end with several times the documents of the slow ones.
  create: ({ budgetMs }) =>
    afresh(() => repeat(budgetMs, () => subject.create(`${nextPath()}-${turn}`, entries[turn % count][1]), 20)),
  find: ({ budgetMs }) => repeat(budgetMs, () => afresh(async () => expectAll((await subject.find()).length))),
  export: ({ budgetMs }) => repeat(budgetMs, () => afresh(exportJson)),
}

process.on('message', async ({ step, ...options }) => {
  try {
    process.send({ result: await STEPS[step](options) })
  } catch (error) {
    process.send({ error: String(error?.stack ?? error) })
  }
})
process.send({ result: { jsonBytes: Buffer.byteLength(JSON.stringify(Object.fromEntries(entries))) } })
