import { isMainThread, parentPort, workerData } from 'node:worker_threads'
import { faultOf, fuzz, inputAt } from '../../src/fuzz/fuzz.ts'
import { shorten } from '../../src/fuzz/shorten.ts'
import { prepareTargets } from './targets/index.ts'

export { faultOf, fuzz, inputAt, prepareTargets, shorten }

/** What a worker is asked for: to try a range of inputs, or one input. */
export type Job =
  | {
      readonly kind: 'range'
      readonly target: string
      readonly seed: number
      readonly from: number
      readonly count: number
    }
  | { readonly kind: 'one'; readonly target: string; readonly input: Uint8Array }

/** What a worker answers. */
export interface JobResult {
  readonly inputs: number
  readonly outcomes: readonly (readonly [outcome: string, count: number])[]
  /** The first input that broke a promise. */
  readonly failure: { readonly index: number; readonly input: Uint8Array; readonly message: string } | null
  readonly slowest: { readonly index: number; readonly ms: number }
}

/** How a worker of this program is told from any other thread that loads this file. */
export interface FuzzWorkerData {
  readonly fuzzing: true
  /** Index of the input that is being tried, for whoever watches whether it moves. */
  readonly current: Int32Array
}

async function work({ current }: FuzzWorkerData): Promise<void> {
  const targets = await prepareTargets()
  const run = async (job: Job): Promise<JobResult> => {
    const target = targets.find(({ name }) => name === job.target)
    if (target === undefined) throw new RangeError(`There is no target ${job.target}.`)
    if (job.kind === 'one') {
      Atomics.store(current, 0, 0)
      const message = await faultOf(target, job.input)
      const failure = message === null ? null : { index: 0, input: job.input, message }
      return { inputs: 1, outcomes: [], failure, slowest: { index: 0, ms: 0 } }
    }
    let slowest = { index: job.from, ms: 0 }
    let index = job.from
    let sinceMs = performance.now()
    const onInput = (next: number): void => {
      const nowMs = performance.now()
      if (nowMs - sinceMs > slowest.ms) slowest = { index, ms: nowMs - sinceMs }
      index = next
      sinceMs = nowMs
      Atomics.store(current, 0, next)
    }
    const { inputs, outcomes, failure } = await fuzz(target, { ...job, onInput })
    onInput(index)
    return { inputs, outcomes: [...outcomes], failure, slowest }
  }
  parentPort?.on('message', (job: Job) => {
    run(job).then(
      (result) => parentPort?.postMessage(result),
      (error: unknown) => {
        throw error
      },
    )
  })
}

const data = workerData as Partial<FuzzWorkerData> | null
if (!isMainThread && data?.fuzzing === true) await work(data as FuzzWorkerData)
