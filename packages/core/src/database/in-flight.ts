import { VaultError } from '../errors.ts'
import { notApplied } from '../vault/root.ts'

/** Keeps account of operations under way, and refuses new ones once closed. */
export class InFlight {
  readonly #closedError: () => Error
  readonly #running = new Set<Promise<unknown>>()
  #closed = false

  constructor(closedError: () => Error) {
    this.#closedError = closedError
  }

  /** Whether no more may begin. */
  get closed(): boolean {
    return this.#closed
  }

  /** Runs an operation; rejects with the closed error when no more may begin. */
  begin<T>(operation: () => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(this.#closedError())
    const running: Promise<T> = operation().finally(() => this.#running.delete(running))
    this.#running.add(running)
    return running
  }

  /** The same for an operation that writes: the error says that nothing was applied. */
  beginWrite<T>(operation: () => Promise<T>): Promise<T> {
    return this.#closed ? Promise.reject(withoutEffect(this.#closedError())) : this.begin(operation)
  }

  /** Waits until nothing is under way, also what begins meanwhile. Resolves to the errors of what failed during the wait. */
  async settled(): Promise<unknown[]> {
    const errors: unknown[] = []
    while (this.#running.size > 0) {
      for (const result of await Promise.allSettled(this.#running)) {
        if (result.status === 'rejected') errors.push(result.reason)
      }
    }
    return errors
  }

  close(): void {
    this.#closed = true
  }
}

/** The error with the word that nothing was applied, unless it says otherwise, or is none of VaultDB's. */
export function withoutEffect(error: unknown): unknown {
  return error instanceof VaultError && error.applied === undefined ? notApplied(error) : error
}
