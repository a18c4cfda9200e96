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

async function readAll(get, paths) {
  for (const path of paths) if ((await get(path)) == null) throw new Error(`${path} is missing.`)
  return heapBytes()
}

async function measure(paths) {
  const heapBefore = heapBytes()
  resetPeak()
  const rssBefore = process.memoryUsage().rss
  await subject.open()
  let heapWith = 0
  if (subject.inTask === undefined) heapWith = await readAll(subject.get, paths)
  else
    await subject.inTask(async (get) => {
      heapWith = await readAll(get, paths)
    })
  const peak = peakBytes()
  await subject.close()
  return { heldBytes: heapWith - heapBefore, peakBytes: peak - rssBefore }
}

process.on('message', async ({ paths }) => {
  try {
    process.send({ result: await measure(paths) })
  } catch (error) {
    process.send({ error: String(error?.stack ?? error) })
  }
})
process.send({ result: {} })
