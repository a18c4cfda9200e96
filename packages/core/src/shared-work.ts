import { onAbort, orAborted } from './abort.ts'
import { throwIfAborted } from './errors.ts'

interface Run<T> {
  readonly result: Promise<T>
  readonly abort: AbortController
  waiting: number
}

/** Work that many may want at once and that is done once. Given up when the last who waits for it has given up. */
export class SharedWork<T> {
  readonly #work: (signal: AbortSignal) => Promise<T>
  #run: Run<T> | undefined

  /** `work` must not throw but reject. Its signal is aborted when nobody waits for it any more, or when it has failed. */
  constructor(work: (signal: AbortSignal) => Promise<T>) {
    this.#work = work
  }

  /** Joins the run under way or begins one. Rejects with `ERR_ABORTED` as soon as `signal` is aborted. */
  async join(signal?: AbortSignal): Promise<T> {
    throwIfAborted(signal)
    this.#run ??= this.#begin()
    const run = this.#run
    run.waiting++
    const forget = onAbort(signal, () => this.#leave(run, signal?.reason))
    try {
      return await orAborted(run.result, signal)
    } finally {
      forget()
    }
  }

  /** One that has ended well keeps its signal as it is: whoever was given it may still hold it. */
  #leave(run: Run<T>, reason: unknown): void {
    if (--run.waiting > 0 || this.#run !== run) return
    this.#run = undefined
    run.abort.abort(reason)
  }

  #begin(): Run<T> {
    const abort = new AbortController()
    const run: Run<T> = { result: this.#work(abort.signal), abort, waiting: 0 }
    const end = (): void => {
      if (this.#run === run) this.#run = undefined
    }
    run.result.then(end, () => {
      end()
      abort.abort() // what failed in one part may still be under way in others
    })
    return run
  }
}
