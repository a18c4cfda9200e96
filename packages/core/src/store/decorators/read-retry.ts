import { errorCode, retryAfterOf, VaultError } from '../../errors.ts'
import { checkOptions, integerOption } from '../../options.ts'
import { createRuntime, type Runtime } from '../../runtime.ts'
import type { BlobStore, ListedBlob } from '../contract.ts'
import { createBackoff } from './backoff.ts'
import { decorate } from './decorate.ts'

/** Options of {@link withReadRetry}. */
export interface ReadRetryOptions {
  /** How often a read or listing is sent at most. 1 to 100, default 5. */
  readonly attempts?: number
  /** The longest wait between two attempts, in milliseconds. 0 to 3,600,000, default 10,000. */
  readonly maxDelayMs?: number
  /** Clock, jitter and timers. Default: the platform's. */
  readonly runtime?: Runtime
}

const DEFAULTS = {
  /** With waits that double from the latency on: rides out some 30 latencies of trouble, a person waits no longer. */
  attempts: 5,
  maxDelayMs: 10_000,
} as const

/** More files than a vault can have: this place holds something else, or the store does not end its listings. */
const MAX_LISTED = 1_000_000

function tooMany(name: string): VaultError {
  return new VaultError(
    'ERR_UNSUPPORTED',
    `The ${name} store lists more than ${MAX_LISTED} files. Choose a place of its own for the vault.`,
  )
}

/** Runs a request, again while it fails with `ERR_UNAVAILABLE`. */
type Retried = <T>(send: () => Promise<T>, signal: AbortSignal | undefined) => Promise<T>

/** Retries requests that may be repeated, as {@link withReadRetry} tells. */
export function retrying(runtime: Runtime, attempts: number, maxDelayMs: number): Retried {
  const backoff = createBackoff(runtime, maxDelayMs)
  return async (send, signal) => {
    for (let attempt = 1; ; attempt++) {
      const sentMs = runtime.monotonicMs()
      try {
        const answer = await send()
        backoff.observe(runtime.monotonicMs() - sentMs)
        return answer
      } catch (error) {
        if (errorCode(error) !== 'ERR_UNAVAILABLE' || attempt === attempts) throw error
        const delayMs = backoff.delayMs(attempt, retryAfterOf(error))
        if (delayMs === null) throw error
        await backoff.wait(delayMs, signal)
      }
    }
  }
}

/**
 * Sends reads and listings again that failed with `ERR_UNAVAILABLE`, after jittered waits that grow from the latency observed.
 * Waits as long as the store asks (`retryAfterMs`), or rejects at once if that is longer than `maxDelayMs`. The last error
 * is passed on. Writes and deletions are sent once: what became of one that failed is for the database to find out.
 *
 * @throws TypeError or RangeError for unknown or wrong options.
 */
export function withReadRetry(store: BlobStore, options?: ReadRetryOptions): BlobStore {
  checkOptions(options, ['attempts', 'maxDelayMs', 'runtime'], 'withReadRetry')
  const attempts = integerOption('attempts', options?.attempts, 1, 100, DEFAULTS.attempts)
  const maxDelayMs = integerOption('maxDelayMs', options?.maxDelayMs, 0, 3_600_000, DEFAULTS.maxDelayMs)
  const retried = retrying(options?.runtime ?? createRuntime(), attempts, maxDelayMs)

  return decorate(store, {
    read: (key, request) => retried(() => store.read(key, request), request?.signal),
    // Collected before any of it is passed on: half of one listing and half of another would be no listing at all.
    async *list(prefix, request) {
      const collect = async (): Promise<ListedBlob[]> => {
        const blobs: ListedBlob[] = []
        for await (const blob of store.list(prefix, request)) {
          blobs.push(blob)
          if (blobs.length > MAX_LISTED) throw tooMany(store.name)
        }
        return blobs
      }
      yield* await retried(collect, request?.signal)
    },
  })
}
