import { setImmediate } from 'node:timers/promises'
import { createRuntime, type Runtime } from '../../src/runtime.ts'

interface Timer {
  readonly dueMs: number
  readonly ring: () => void
}

/** A runtime whose clock moves only while a test waits for something: to the next timer, at once. */
export class VirtualRuntime implements Pick<Runtime, 'now' | 'monotonicMs' | 'jitter' | 'sleep' | 'randomBytes'> {
  /** What `jitter` answers. */
  jitterValue = 0
  /** All waits asked for, in milliseconds. */
  readonly sleeps: number[] = []
  readonly randomBytes: Runtime['randomBytes'] = createRuntime().randomBytes
  readonly #timers: Set<Timer> = new Set()
  #nowMs = 0

  /** Timers that have neither rung nor been stopped. */
  get pending(): number {
    return this.#timers.size
  }

  now(): number {
    return this.#nowMs
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  jitter(): number {
    return this.jitterValue
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.sleeps.push(ms)
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const timer: Timer = { dueMs: this.#nowMs + ms, ring: resolve }
      this.#timers.add(timer)
      signal?.addEventListener('abort', () => {
        this.#timers.delete(timer)
        reject(signal.reason)
      })
    })
  }

  /** Moves the clock until `work` settles; an error if it waits for something that is no timer. */
  async settle<T>(work: Promise<T>): Promise<PromiseSettledResult<T>> {
    let outcome: PromiseSettledResult<T> | undefined
    const watching = Promise.allSettled([work]).then(([settled]) => {
      outcome = settled
    })
    for (;;) {
      await setImmediate() // every promise that can settle without a timer has done so
      if (outcome !== undefined) break
      this.#ringNext()
    }
    await watching
    return outcome
  }

  /** What `work` resolves to, or its error. */
  async run<T>(work: Promise<T>): Promise<T> {
    const outcome = await this.settle(work)
    if (outcome.status === 'rejected') throw outcome.reason
    return outcome.value
  }

  #ringNext(): void {
    const [next] = [...this.#timers].sort((a, b) => a.dueMs - b.dueMs)
    if (next === undefined) throw new Error('The work waits for something that is no timer.')
    this.#timers.delete(next)
    this.#nowMs = next.dueMs
    next.ring()
  }
}
