import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { FuzzWorkerData, Job, JobResult } from './fuzzing.ts'

/** How often it is looked whether a worker has come on. */
const LOOK_EVERY_MS = 500

/** What a worker answered, or that it did not. */
export type WatchedResult =
  | { readonly kind: 'answered'; readonly result: JobResult }
  /** It was still busy with this input after the time it had, or died of it. */
  | { readonly kind: 'stuck' | 'died'; readonly index: number; readonly reason: string }

/** A thread that tries inputs. One that is stuck in an input, or runs out of memory, is ended and takes nothing with it. */
export class WatchedWorker {
  readonly #module: URL
  readonly #patienceMs: number
  readonly #current = new Int32Array(new SharedArrayBuffer(4))
  #worker: Worker | null = null

  constructor(module: URL, patienceMs: number) {
    this.#module = module
    this.#patienceMs = patienceMs
  }

  async run(job: Job): Promise<WatchedResult> {
    const workerData: FuzzWorkerData = { fuzzing: true, current: this.#current }
    this.#worker ??= new Worker(this.#module, { workerData, resourceLimits: { maxOldGenerationSizeMb: 1024 } })
    const worker = this.#worker
    const finished = new AbortController()
    try {
      const answer = new Promise<WatchedResult>((resolve) => {
        worker.once('message', (result: JobResult) => resolve({ kind: 'answered', result }))
        worker.once('error', (error) => resolve({ kind: 'died', index: this.#index, reason: error.message }))
      })
      Atomics.store(this.#current, 0, -1)
      worker.postMessage(job)
      const outcome = await Promise.race([answer, this.#watch(finished.signal)])
      if (outcome.kind !== 'answered') await this.close()
      return outcome
    } finally {
      finished.abort()
      worker.removeAllListeners('message')
      worker.removeAllListeners('error')
    }
  }

  get #index(): number {
    return Math.max(0, Atomics.load(this.#current, 0))
  }

  /** Resolves once the same input has been tried for longer than there is patience. */
  async #watch(signal: AbortSignal): Promise<WatchedResult> {
    let seen = -1
    let waitedMs = 0
    for (;;) {
      await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined)
      const now = Atomics.load(this.#current, 0)
      waitedMs = now === seen ? waitedMs + LOOK_EVERY_MS : 0
      seen = now
      // Until the first input it prepares itself, which takes longer than any input may.
      const patienceMs = now === -1 ? this.#patienceMs + 60_000 : this.#patienceMs
      if (waitedMs > patienceMs || signal.aborted) {
        return { kind: 'stuck', index: this.#index, reason: `busy for more than ${this.#patienceMs / 1000} s` }
      }
    }
  }

  async close(): Promise<void> {
    await this.#worker?.terminate()
    this.#worker = null
  }
}
