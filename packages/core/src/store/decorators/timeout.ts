import { onAbort } from '../../abort.ts'
import { throwIfAborted, VaultError } from '../../errors.ts'
import { checkOptions, integerOption } from '../../options.ts'
import { createRuntime, type Runtime } from '../../runtime.ts'
import type { BlobStore, ListedBlob } from '../contract.ts'
import { decorate } from './decorate.ts'

/** Options of {@link withTimeout}. */
export interface TimeoutOptions {
  /** How long a request may take, and a listing from one file to the next. Milliseconds, 1 to 3,600,000. */
  readonly timeoutMs: number
  /** Timers. Default: the platform's. */
  readonly runtime?: Runtime
}

/** The signal that one request gets: aborted by the caller's signal or by the time limit. */
class Deadline {
  readonly #controller: AbortController = new AbortController()
  /** Lets go of the caller's signal. */
  readonly end: () => void
  #expired: VaultError | undefined

  constructor(outer: AbortSignal | undefined) {
    throwIfAborted(outer)
    this.end = onAbort(outer, () => this.#controller.abort(outer?.reason))
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** The answer, unless `limit` comes first; whatever the request then says, the time limit is the reason. */
  async race<T>(answer: Promise<T>, limit: (stop: AbortSignal) => Promise<VaultError>): Promise<T> {
    const stop = new AbortController()
    const expiry = limit(stop.signal).then((error): never => {
      this.#expired = error
      this.#controller.abort(error)
      throw error
    })
    try {
      return await Promise.race([answer, expiry])
    } catch (error) {
      throw this.#expired ?? error
    } finally {
      stop.abort()
    }
  }
}

/**
 * Rejects a request with `ERR_UNAVAILABLE` that is not answered in time, and aborts it. A write that timed out may have been
 * applied, or be applied later: exactly what the code says.
 *
 * @throws TypeError or RangeError for unknown or wrong options.
 */
export function withTimeout(store: BlobStore, options: TimeoutOptions): BlobStore {
  checkOptions(options, ['timeoutMs', 'runtime'], 'withTimeout')
  const timeoutMs = integerOption('timeoutMs', options.timeoutMs, 1, 3_600_000)
  const runtime = options.runtime ?? createRuntime()

  async function limit(stop: AbortSignal): Promise<VaultError> {
    await runtime.sleep(timeoutMs, stop)
    return new VaultError('ERR_UNAVAILABLE', `The ${store.name} store did not answer within ${timeoutMs} ms.`)
  }

  async function limited<T>(outer: AbortSignal | undefined, send: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const deadline = new Deadline(outer)
    try {
      return await deadline.race(send(deadline.signal), limit)
    } finally {
      deadline.end()
    }
  }

  async function* listed(prefix: string, outer: AbortSignal | undefined): AsyncGenerator<ListedBlob, void, undefined> {
    const deadline = new Deadline(outer)
    const listing = store.list(prefix, { signal: deadline.signal })[Symbol.asyncIterator]()
    let waiting = false
    try {
      for (;;) {
        waiting = true
        const step = await deadline.race(listing.next(), limit)
        waiting = false
        if (step.done) return
        yield step.value
      }
    } finally {
      deadline.end()
      // A generator that hangs in `next` would let `return` hang as well; it was told by its signal.
      if (!waiting) await listing.return?.()
    }
  }

  return decorate(store, {
    read: (key, request) => limited(request?.signal, (signal) => store.read(key, { ...request, signal })),
    write: (key, data, expected, request) =>
      limited(request?.signal, (signal) => store.write(key, data, expected, { ...request, signal })),
    delete: (key, expected, request) =>
      limited(request?.signal, (signal) => store.delete(key, expected, { ...request, signal })),
    list: (prefix, request) => listed(prefix, request?.signal),
  })
}
