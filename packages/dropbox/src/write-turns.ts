import { orAborted } from '@vaultdb/core/adapter'

/**
 * Lets writes go side by side until Dropbox has refused one because another one was under way (`too_many_write_operations`); from then
 * on one after the other. An account commits one write at a time, and each refusal costs a second or more.
 */
export class WriteTurns {
  #oneByOne: boolean = false
  #last: Promise<unknown> = Promise.resolve()

  /** Dropbox has refused a write for the sake of another one. */
  refused(): void {
    this.#oneByOne = true
  }

  /** `ERR_ABORTED` if the signal is aborted before the turn has come, never later: then nothing is sent. */
  async take<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    if (!this.#oneByOne) return work()
    const before = this.#last
    const turn = orAborted(before, signal).then(work)
    this.#last = Promise.allSettled([before, turn])
    return turn
  }
}
