import type { Operation } from '../processes/operation.ts'
import type { Calls } from './counted-store.ts'
import { Wrong } from './judge.ts'
import type { Purpose, RemotePlace } from './place.ts'
import type { Exchange } from './proxy.ts'

/** How often a database sends one request at most: the default of its option `retry`. */
export const DEFAULT_REQUEST_ATTEMPTS = 5

/** Root and first shard, at once and again; or what creating takes, of several at once. */
const REQUESTS_TO_OPEN = 6
/** Of an operation on one document: a read and a write as a rule; two of each with a marker elsewhere. */
const REQUESTS_OF_ONE = 3
/** Of any other: most only read, or leave many shards as they are. */
const REQUESTS_A_SHARD = 2
/** What was in the way is read and written again. */
const REQUESTS_A_CONFLICT = 2
/** The request again, and a look at what became of it. */
const REQUESTS_A_FAULT = 2

/** What the requests of a run may come to, and what they came to. */
export class Bill {
  readonly #place: RemotePlace
  #allowed = 0

  constructor(place: RemotePlace) {
    this.#place = place
  }

  opening(): void {
    this.#allowed += REQUESTS_TO_OPEN
  }

  operation(operation: Operation, shards: number): void {
    this.#allowed += 'path' in operation ? REQUESTS_OF_ONE : REQUESTS_A_SHARD * (1 + shards)
  }

  /** Throws {@link Wrong} where more was sent than operations, conflicts and faults explain. */
  settle(exchanges: readonly Exchange[], calls: Calls, clients: number): void {
    this.#assertSentOnce(exchanges, calls, clients)
    this.#assertAttempts(exchanges)
    const faults = exchanges.filter(({ fault }) => fault !== null).length
    const limit = this.#allowed + REQUESTS_A_CONFLICT * calls.conflicts + REQUESTS_A_FAULT * faults
    const own = exchanges.filter((exchange) => this.#place.purposeOf(exchange) !== 'other').length
    if (own > limit) throw new Wrong(`${own} requests were sent, and ${limit} are explained.`)
  }

  /** A call of a store is a request: no adapter sends anything twice. */
  #assertSentOnce(exchanges: readonly Exchange[], calls: Calls, clients: number): void {
    const { purposeOf, requestsACall, otherRequestsAClient } = this.#place
    const sent = (purpose: Purpose): Exchange[] => exchanges.filter((exchange) => purposeOf(exchange) === purpose)
    const faulty = sent('other').filter(({ fault }) => fault !== null).length
    const most: Record<Purpose, number> = {
      // Where deletions have no condition, the adapter reads before.
      read: calls.read * (requestsACall.read ?? 1) + calls.delete,
      write: calls.write * (requestsACall.write ?? 1),
      delete: calls.delete * (requestsACall.delete ?? 1),
      list: calls.list * (requestsACall.list ?? 1),
      other: (clients + faulty) * otherRequestsAClient,
    }
    for (const [purpose, limit] of Object.entries(most)) {
      const { length } = sent(purpose as Purpose)
      if (length > limit) throw new Wrong(`${length} requests to ${purpose} were sent where ${limit} were called for.`)
    }
  }

  /** No two writes have the same bytes, so what comes again is another attempt at the same one. */
  #assertAttempts(exchanges: readonly Exchange[]): void {
    const attempts = new Map<string, number>()
    for (const exchange of exchanges) {
      if (this.#place.purposeOf(exchange) !== 'write') continue
      const write = `${exchange.path} ${exchange.bodyHash}`
      attempts.set(write, (attempts.get(write) ?? 0) + 1)
    }
    const most = Math.max(0, ...attempts.values())
    if (most > DEFAULT_REQUEST_ATTEMPTS) throw new Wrong(`One write was sent ${most} times.`)
  }
}
