import { onAbort } from '../abort.ts'
import { abortedError, throwIfAborted } from '../errors.ts'

interface Request<T> {
  readonly result: Promise<T>
  readonly abort: AbortController
  waiting: number
}

/**
 * Reads that several operations want at once. Only a request that has not been sent yet is joined: one that is under way may
 * have been answered from a state older than the operation.
 */
export class SharedReads<T> {
  readonly #read: (id: string, signal: AbortSignal) => Promise<T>
  readonly #unsent = new Map<string, Request<T>>()

  constructor(read: (id: string, signal: AbortSignal) => Promise<T>) {
    this.#read = read
  }

  /** Joins the next request for `id`. `signal` ends the waiting; the request itself is given up when nobody waits for it. */
  async join(id: string, signal?: AbortSignal): Promise<T> {
    throwIfAborted(signal)
    const unsent = this.#unsent.get(id)
    const request = unsent === undefined || unsent.abort.signal.aborted ? this.#prepare(id) : unsent
    request.waiting++
    if (signal === undefined) return await request.result
    let forget: () => void = () => undefined
    const aborted = new Promise<never>((_resolve, reject) => {
      forget = onAbort(signal, () => {
        if (--request.waiting === 0) request.abort.abort(signal.reason)
        reject(abortedError(signal))
      })
    })
    try {
      return await Promise.race([request.result, aborted])
    } finally {
      forget()
    }
  }

  /** Prepares a request that is sent at the end of this tick. */
  #prepare(id: string): Request<T> {
    const abort = new AbortController()
    const result: Promise<T> = Promise.resolve().then(() => {
      if (this.#unsent.get(id) === request) this.#unsent.delete(id)
      return this.#read(id, abort.signal)
    })
    const request: Request<T> = { result, abort, waiting: 0 }
    result.catch(() => undefined) // every waiter gets the error itself; when all have gone nobody needs it
    this.#unsent.set(id, request)
    return request
  }
}
