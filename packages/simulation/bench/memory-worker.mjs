import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'

/*
 * How much memory one subject takes to read everything and keep it at hand. A process of its own, started with --expose-gc, that does nothing
 * else: memory that an earlier step has freed would hide what this one needs.
 */

const [module, directory] = process.argv.slice(2)
const key = createHash('sha256').update('the key of the benchmarks').digest()
const { createSubject } = await import(module)
const subject = createSubject({ directory, key })

/** Linux can forget the highest memory use so far; elsewhere the peak is the process's own since its start. */
function resetPeak() {
  try {
    writeFileSync('/proc/self/clear_refs', '5')
  } catch {}
}

function peakBytes() {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024
  } catch {
    return process.resourceUsage().maxRSS * 1024
  }
}

function heapBytes() {
  globalThis.gc()
  globalThis.gc()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** Reads every document while the subject is open: each by its path within a task where there are tasks, else in one pass. */
async function readAll(paths) {
  let found = 0
  let heap = 0
  if (subject.inTask === undefined) {
    await subject.exportAll(() => found++)
    heap = heapBytes()
  } else {
    await subject.inTask(async (get) => {
      for (const path of paths) if ((await get(path)) != null) found++
      heap = heapBytes()
    })
  }
  if (found < paths.length) throw new Error(`Read ${found} documents of ${paths.length}.`)
  return heap
}

async function measure(paths) {
  const heapBefore = heapBytes()
  resetPeak()
  const rssBefore = process.memoryUsage().rss
  await subject.open()
  const heapWith = await readAll(paths)
  const peak = peakBytes()
  await subject.close()
  return { heldBytes: Math.max(0, heapWith - heapBefore), peakBytes: peak - rssBefore }
}

process.on('message', async ({ paths }) => {
  try {
    process.send({ result: await measure(paths) })
  } catch (error) {
    process.send({ error: String(error?.stack ?? error) })
  }
})
process.send({ result: {} })
