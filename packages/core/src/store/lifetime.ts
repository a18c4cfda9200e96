import { throwIfAborted, VaultError } from '../errors.ts'

/** A store's time from its making to its `close`: no request is begun after it, and those begun before are waited for. */
export class Lifetime {
  readonly #store: string
  readonly #underWay: Set<Promise<unknown>> = new Set()
  #isOver = false

  /** `store`: what messages call it, as in "The S3 store". */
  constructor(store: string) {
    this.#store = store
  }

  /** Throws `ERR_CLOSED` once it is over, and `ERR_ABORTED` if `signal` is aborted. */
  assertOpen(signal?: AbortSignal): void {
    if (this.#isOver) throw new VaultError('ERR_CLOSED', `${this.#store} was closed. Create a new one.`)
    throwIfAborted(signal)
  }

  /** Begins a request that `end` waits for; rejects as {@link assertOpen} throws, with nothing begun. */
  async run<T>(signal: AbortSignal | undefined, begin: () => Promise<T>): Promise<T> {
    this.assertOpen(signal)
    const request = begin()
    this.#underWay.add(request)
    try {
      return await request
    } finally {
      this.#underWay.delete(request)
    }
  }

  /** Nothing is begun any more; resolves when what was begun has ended, one way or another. */
  async end(): Promise<void> {
    this.#isOver = true
    await Promise.allSettled(this.#underWay)
  }
}
