import { errorCode } from '../../errors.ts'
import type { BlobStore, ListedBlob } from '../contract.ts'
import { decorate } from './decorate.ts'

/** What went to a store so far. Requests count from the moment they are sent, their outcomes when they are answered. */
export interface StoreMetrics {
  /** All requests: reads, writes, deletions and listings. */
  readonly requests: number
  /**
   * The critical path, in requests that had to wait for one another: a request's round is one more than the highest round of
   * those that were answered before it was sent.
   */
  readonly rounds: number
  readonly reads: number
  /** Reads that were answered without a body. */
  readonly unchanged: number
  readonly writes: number
  readonly deletes: number
  readonly lists: number
  /** Writes and deletions refused because of another version. */
  readonly conflicts: number
  /** Requests that failed in any other way. */
  readonly errors: number
  /** Bodies received. */
  readonly bytesRead: number
  /** Bodies sent, those of writes that failed included. */
  readonly bytesWritten: number
}

/** A store that counts what goes to it. */
export interface MeteredStore extends BlobStore {
  /** A snapshot of the counts. */
  metrics(): StoreMetrics
}

type Counts = { -readonly [Name in keyof StoreMetrics]: number }

function zero(): Counts {
  return {
    requests: 0,
    rounds: 0,
    reads: 0,
    unchanged: 0,
    writes: 0,
    deletes: 0,
    lists: 0,
    conflicts: 0,
    errors: 0,
    bytesRead: 0,
    bytesWritten: 0,
  }
}

/** What went to the store between two snapshots. `rounds` is exact when no request was under way at either. */
export function metricsBetween(before: StoreMetrics, after: StoreMetrics): StoreMetrics {
  const difference = zero()
  for (const name of Object.keys(difference) as (keyof StoreMetrics)[]) difference[name] = after[name] - before[name]
  return difference
}

/** Counts the requests that go to a store, their rounds and their bytes. A listing is one request, however many pages it has. */
export function withMetrics(store: BlobStore): MeteredStore {
  const counts = zero()
  let answeredRound = 0

  /** Counts a request as sent; call the result when it is answered. */
  function sent(kind: 'reads' | 'writes' | 'deletes' | 'lists'): () => void {
    counts.requests += 1
    counts[kind] += 1
    const round = answeredRound + 1
    counts.rounds = round // never falls, because `answeredRound` does not
    return () => {
      answeredRound = Math.max(answeredRound, round)
    }
  }

  function failed(error: unknown): void {
    counts[errorCode(error) === 'ERR_CONFLICT' ? 'conflicts' : 'errors'] += 1
  }

  async function counted<T>(kind: 'reads' | 'writes' | 'deletes', send: () => Promise<T>): Promise<T> {
    const answered = sent(kind)
    try {
      return await send()
    } catch (error) {
      failed(error)
      throw error
    } finally {
      answered()
    }
  }

  async function* listed(listing: AsyncIterable<ListedBlob>): AsyncGenerator<ListedBlob, void, undefined> {
    const answered = sent('lists')
    try {
      yield* listing
    } catch (error) {
      failed(error)
      throw error
    } finally {
      answered()
    }
  }

  const metered = decorate(store, {
    async read(key, request) {
      const blob = await counted('reads', () => store.read(key, request))
      if (blob === 'unchanged') counts.unchanged += 1
      else if (blob !== null) counts.bytesRead += blob.data.length
      return blob
    },
    write(key, data, expected, request) {
      counts.bytesWritten += data.length
      return counted('writes', () => store.write(key, data, expected, request))
    },
    delete: (key, expected, request) => counted('deletes', () => store.delete(key, expected, request)),
    list: (prefix, request) => listed(store.list(prefix, request)),
  })
  return Object.assign(metered, { metrics: (): StoreMetrics => ({ ...counts }) })
}
