import type { Calls } from './counted-store.ts'
import { Wrong } from './judge.ts'
import type { Purpose, RemotePlace } from './place.ts'
import type { Exchange } from './proxy.ts'

/** How often a database sends one request at most: the default of its option `retry`. */
export const DEFAULT_REQUEST_ATTEMPTS = 5

/** An opening that failed: root and first shard at once, the root again, and as much to create them. */
const REQUESTS_OF_AN_OPENING = 6
/**
 * A look at what came in between, the write again, and before it, where the directory is new, a marker in each one above it: the
 * documents' directories are two deep on average.
 */
const REQUESTS_OF_A_CONFLICT = 4
/** The request again, and a look at what became of it. */
const REQUESTS_OF_A_FAILURE = 2

/** What came in between, beside faults and conflicts. */
export interface Disturbances {
  readonly clients: number
  readonly failedOpenings: number
}

/** Whether something came in between: a fault, the server's own failure, or the end of its client's patience. */
function mayFail({ fault, status, isAbandoned }: Exchange): boolean {
  return fault !== null || status === 0 || (status ?? 0) >= 500 || isAbandoned
}

/** What requests were sent, against what there was reason for. */
export class Bill {
  readonly #place: RemotePlace
  readonly #exchanges: readonly Exchange[]
  readonly #calls: Calls

  constructor(place: RemotePlace, exchanges: readonly Exchange[], calls: Calls) {
    this.#place = place
    this.#exchanges = exchanges
    this.#calls = calls
  }

  /** Throws {@link Wrong} where more was sent than the operations take on a good line, by `quiet`, and disturbances explain. */
  settle(quiet: Calls, { clients, failedOpenings }: Disturbances): void {
    this.#assertSentOnce(clients)
    this.#assertAttempts()
    const conflicts = Math.max(0, this.#calls.conflicts - quiet.conflicts)
    const failures = this.#exchanges.filter(mayFail).length
    const limit =
      quiet.requests +
      REQUESTS_OF_AN_OPENING * failedOpenings +
      REQUESTS_OF_A_CONFLICT * conflicts +
      REQUESTS_OF_A_FAILURE * failures
    const own = this.#exchanges.filter((exchange) => this.#place.purposeOf(exchange) !== 'other').length
    if (own > limit) throw new Wrong(`${own} requests were sent, and ${limit} are explained.`)
  }

  #sent(purpose: Purpose): Exchange[] {
    return this.#exchanges.filter((exchange) => this.#place.purposeOf(exchange) === purpose)
  }

  /** A call of a store is a request: no adapter sends anything twice. */
  #assertSentOnce(clients: number): void {
    const { readsADelete, otherRequestsAClient } = this.#place
    const faulty = this.#sent('other').filter(({ fault }) => fault !== null).length
    const calls = this.#calls
    const most: Record<Purpose, number> = {
      read: calls.read + calls.delete * readsADelete,
      write: calls.write,
      delete: calls.delete,
      list: calls.list,
      other: (clients + faulty) * otherRequestsAClient,
    }
    for (const [purpose, limit] of Object.entries(most)) {
      const { length } = this.#sent(purpose as Purpose)
      if (length > limit) throw new Wrong(`${length} requests to ${purpose} were sent where ${limit} were called for.`)
    }
  }

  /** No two writes have the same bytes, so what comes again is another attempt at the same one. */
  #assertAttempts(): void {
    const attempts = new Map<string, number>()
    for (const { path, bodyHash } of this.#sent('write')) {
      const write = `${path} ${bodyHash}`
      attempts.set(write, (attempts.get(write) ?? 0) + 1)
    }
    const most = Math.max(0, ...attempts.values())
    if (most > DEFAULT_REQUEST_ATTEMPTS) throw new Wrong(`One write was sent ${most} times.`)
  }
}
