import { onAbort } from '../../abort.ts'
import { abortedError, throwIfAborted } from '../../errors.ts'
import { checkOptions, integerOption } from '../../options.ts'
import type { BlobStore } from '../contract.ts'
import { decorate } from './decorate.ts'
import { stepByStep } from './steps.ts'

/** Options of {@link withConcurrencyLimit}. */
export interface ConcurrencyLimitOptions {
  /** How many requests may be under way at once. 1 to 1,000, default 6. */
  readonly maxRequests?: number
}

const DEFAULTS = {
  /** What browsers open to one host over HTTP/1.1: more would wait there, unseen and with their time limits running. */
  maxRequests: 6,
} as const

/** A number of slots, given in the order in which they are asked for. */
class Slots {
  readonly #waiting: Set<() => void> = new Set()
  #free: number

  constructor(count: number) {
    this.#free = count
  }

  /** Holds a slot while `send` is under way; `ERR_ABORTED` if the signal is aborted before there is one. */
  async hold<T>(signal: AbortSignal | undefined, send: () => Promise<T>): Promise<T> {
    throwIfAborted(signal)
    if (this.#free > 0) this.#free -= 1
    else await this.#turn(signal)
    try {
      return await send()
    } finally {
      this.#release()
    }
  }

  #turn(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const turn = (): void => {
        forget()
        resolve()
      }
      const forget = onAbort(signal, () => {
        this.#waiting.delete(turn)
        reject(signal === undefined ? undefined : abortedError(signal))
      })
      this.#waiting.add(turn)
    })
  }

  /** The slot goes straight to whoever waits longest: nobody who comes meanwhile can get ahead. */
  #release(): void {
    const [next] = this.#waiting
    if (next === undefined) {
      this.#free += 1
      return
    }
    this.#waiting.delete(next)
    next()
  }
}

/**
 * Lets only so many requests be under way at once; the others wait in the order in which they came. One whose signal is
 * aborted while it waits was never sent: `ERR_ABORTED`, of writes and deletions too. A listing counts from one file to the
 * next, and not while its reader is busy. A `watch` does not count.
 *
 * @throws TypeError or RangeError for unknown or wrong options.
 */
export function withConcurrencyLimit(store: BlobStore, options?: ConcurrencyLimitOptions): BlobStore {
  checkOptions(options, ['maxRequests'], 'withConcurrencyLimit')
  const slots = new Slots(integerOption('maxRequests', options?.maxRequests, 1, 1000, DEFAULTS.maxRequests))
  return decorate(store, {
    read: (key, request) => slots.hold(request?.signal, () => store.read(key, request)),
    write: (key, data, expected, request) =>
      slots.hold(request?.signal, () => store.write(key, data, expected, request)),
    delete: (key, expected, request) => slots.hold(request?.signal, () => store.delete(key, expected, request)),
    list: (prefix, request) => stepByStep(store.list(prefix, request), (next) => slots.hold(request?.signal, next)),
  })
}
