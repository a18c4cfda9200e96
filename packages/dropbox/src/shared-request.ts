interface Flight<T> {
  readonly answer: Promise<T>
  readonly controller: AbortController
  waiting: number
}

/** One request that all who want its answer meanwhile wait for. It is given up when nobody waits any more. */
export class SharedRequest<T> {
  #current: Flight<T> | undefined

  /** The answer; rejects with the signal's reason as soon as it is aborted. */
  async join(signal: AbortSignal | undefined, send: (signal: AbortSignal) => Promise<T>): Promise<T> {
    signal?.throwIfAborted()
    const current = this.#current ?? this.#start(send)
    current.waiting += 1
    let stop: (() => void) | undefined
    const aborted = new Promise<never>((_, reject) => {
      stop = () => reject(signal?.reason)
      signal?.addEventListener('abort', stop, { once: true })
    })
    try {
      return await Promise.race([current.answer, aborted])
    } finally {
      if (stop !== undefined) signal?.removeEventListener('abort', stop)
      current.waiting -= 1
      if (current.waiting === 0) {
        if (this.#current === current) this.#current = undefined
        current.controller.abort()
      }
    }
  }

  #start(send: (signal: AbortSignal) => Promise<T>): Flight<T> {
    const controller = new AbortController()
    const answer = send(controller.signal)
    const current: Flight<T> = { answer, controller, waiting: 0 }
    const over = (): void => {
      if (this.#current === current) this.#current = undefined
    }
    answer.then(over, over)
    this.#current = current
    return current
  }
}
