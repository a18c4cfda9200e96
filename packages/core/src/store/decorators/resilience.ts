import { checkOptions } from '../../options.ts'
import { createRuntime } from '../../runtime.ts'
import type { BlobStore } from '../contract.ts'
import { type CircuitBreakerOptions, withCircuitBreaker } from './circuit-breaker.ts'
import { type ConcurrencyLimitOptions, withConcurrencyLimit } from './concurrency-limit.ts'
import { type OnlineCheckOptions, withOnlineCheck } from './online-check.ts'
import { type TimeoutOptions, withTimeout } from './timeout.ts'

/** Options of {@link withResilience}: those of its parts. */
export interface ResilienceOptions
  extends Partial<TimeoutOptions>,
    ConcurrencyLimitOptions,
    CircuitBreakerOptions,
    OnlineCheckOptions {
  /** How long a request may take, and a listing from one file to the next. Milliseconds, 1 to 3,600,000, default 30,000. */
  readonly timeoutMs?: number
}

/** A file of 100 KB over a bad mobile network takes some seconds, and a proxy's own limit is a minute as a rule. */
const DEFAULT_TIMEOUT_MS = 30_000

const PARTS = {
  limit: ['maxRequests'],
  breaker: ['maxFailures', 'openMs'],
  online: ['offlineWaitMs', 'connectivity'],
} as const

function pick<Name extends keyof ResilienceOptions>(
  options: ResilienceOptions,
  names: readonly Name[],
): Pick<ResilienceOptions, Name> {
  const isPicked = ([name]: [string, unknown]): boolean => (names as readonly string[]).includes(name)
  return Object.fromEntries(Object.entries(options).filter(isPicked)) as Pick<ResilienceOptions, Name>
}

/**
 * What a store over a network wants below a database: time limits, at most so many requests at once, a pause for a store that
 * is down, and no requests while the device is offline. The order is the one that each part needs; `docs/guide.md` tells why.
 * Reads are not sent again here: a database does that itself.
 *
 * @throws TypeError or RangeError for unknown or wrong options.
 */
export function withResilience(store: BlobStore, options: ResilienceOptions = {}): BlobStore {
  checkOptions(options, ['timeoutMs', 'runtime', ...Object.values(PARTS).flat()], 'withResilience')
  const { timeoutMs = DEFAULT_TIMEOUT_MS, runtime = createRuntime() } = options
  const timed = withTimeout(store, { timeoutMs, runtime })
  const broken = withCircuitBreaker(timed, { ...pick(options, PARTS.breaker), runtime })
  const limited = withConcurrencyLimit(broken, pick(options, PARTS.limit))
  return withOnlineCheck(limited, { ...pick(options, PARTS.online), runtime })
}
