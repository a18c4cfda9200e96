import { SharedWork } from '../shared-work.ts'

/**
 * Reads that several operations want at once. Only a request that has not been sent yet is joined: one that is under way may
 * have been answered from a state older than the operation.
 */
export class SharedReads<T> {
  readonly #read: (id: string, signal: AbortSignal) => Promise<T>
  readonly #unsent = new Map<string, SharedWork<T>>()

  constructor(read: (id: string, signal: AbortSignal) => Promise<T>) {
    this.#read = read
  }

  /** Joins the next request for `id`. `signal` ends the waiting; the request itself is given up when nobody waits for it. */
  join(id: string, signal?: AbortSignal): Promise<T> {
    const request = this.#unsent.get(id) ?? this.#prepare(id)
    return request.join(signal)
  }

  /** Prepares a request that is sent at the end of this tick. */
  #prepare(id: string): SharedWork<T> {
    const request = new SharedWork(async (signal) => {
      await Promise.resolve()
      // One that was given up leaves its place to the request that comes instead.
      if (!signal.aborted) this.#unsent.delete(id)
      return await this.#read(id, signal)
    })
    this.#unsent.set(id, request)
    return request
  }
}
