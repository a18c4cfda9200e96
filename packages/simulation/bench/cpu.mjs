import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { makeCredentials } from '../dist/index.js'
import { startChild } from './child.mjs'
import { replaceDurably } from './durable-file.mjs'

const path = (name) => fileURLToPath(new URL(name, import.meta.url))

/** In the order in which they are run; `import` first, as it makes the files, and `create` last, as it makes them larger. */
const STEPS = ['import', 'openGet', 'get', 'getInTask', 'find', 'export', 'update', 'create']

export function median(samples) {
  const sorted = samples.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** A subject that takes longer than this for a step has had enough after three turns. */
const SLOW_MS = 500

const hadEnough = (samples) => samples.length >= 3 && median(samples) > SLOW_MS

/**
 * Runs every step on every subject, in turns: each turn gives each subject a short time, so that a slow moment of the machine hits all alike.
 * The first turn is the warm-up and is thrown away. Returns, for each subject, the medians by step, in milliseconds.
 */
async function runSteps(workers, { turns, turnMs }, log) {
  const figures = new Map([...workers.keys()].map((id) => [id, {}]))
  for (const step of STEPS) {
    log(`  ${step}`)
    const samples = new Map([...workers.keys()].map((id) => [id, []]))
    for (let turn = 0; turn <= turns; turn++) {
      for (const [id, worker] of workers) {
        if (hadEnough(samples.get(id))) continue
        const { samplesMs, diskBytes } = await worker.call({ step, budgetMs: turn === 0 ? turnMs / 4 : turnMs })
        if (turn > 0) samples.get(id).push(...samplesMs)
        if (diskBytes !== undefined) figures.get(id).diskBytes = diskBytes
      }
    }
    for (const [id, all] of samples) if (all.length > 0) figures.get(id)[step] = median(all)
  }
  return figures
}

/** Medians of three processes each. */
async function measureMemory(subject, directory, paths) {
  const runs = []
  for (let run = 0; run < 3; run++) {
    const child = await startChild(path('./memory-worker.mjs'), [path(subject.module), directory], ['--expose-gc'])
    try {
      runs.push(await child.call({ paths }))
    } finally {
      child.stop()
    }
  }
  return { heldBytes: median(runs.map((run) => run.heldBytes)), peakBytes: median(runs.map((run) => run.peakBytes)) }
}

/** What one durable replacement of a 64 KiB file takes on this machine: the floor under every durable write. */
function measureDurableWrite(directory) {
  const data = new Uint8Array(65_536)
  const samples = Array.from({ length: 50 }, () => {
    const startMs = performance.now()
    replaceDurably(join(directory, 'floor'), data)
    return performance.now() - startMs
  })
  return median(samples)
}

/** Everything at one number of documents. */
export async function measureCpu(count, { subjects, effort, log }) {
  log(`${count.toLocaleString('en')} documents`)
  mkdirSync(path('./work'), { recursive: true })
  const root = mkdtempSync(path('./work/run-'))
  const directoryOf = ({ id }) => join(root, id)
  const workers = new Map()
  try {
    const paths = makeCredentials(count, 1).map(([document]) => document)
    for (const subject of subjects) {
      const args = [path(subject.module), directoryOf(subject), String(count)]
      workers.set(subject.id, await startChild(path('./worker.mjs'), args))
    }
    const durableWriteMs = measureDurableWrite(root)
    const figures = await runSteps(workers, effort, log)
    const { jsonBytes } = workers.values().next().value.greeting
    log('  memory')
    for (const subject of subjects)
      Object.assign(figures.get(subject.id), await measureMemory(subject, directoryOf(subject), paths))
    return { count, jsonBytes, durableWriteMs, figures }
  } finally {
    for (const worker of workers.values()) worker.stop()
    rmSync(root, { recursive: true, force: true })
  }
}
