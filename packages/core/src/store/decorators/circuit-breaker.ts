import { orAborted } from '../../abort.ts'
import { errorCode, retryAfterOf, throwIfAborted } from '../../errors.ts'
import { checkOptions, integerOption } from '../../options.ts'
import { createRuntime, type Runtime } from '../../runtime.ts'
import type { BlobStore } from '../contract.ts'
import { type RequestKind, unsentError } from '../outcomes.ts'
import { decorate } from './decorate.ts'
import { stepByStep } from './steps.ts'

/** Options of {@link withCircuitBreaker}. */
export interface CircuitBreakerOptions {
  /** After how many failures in a row, each sent when the one before was known, nothing more is sent. 1 to 1,000, default 3. */
  readonly maxFailures?: number
  /** For how long they are not sent then; longer if the store asks for it. Milliseconds, 1 to 3,600,000, default 5,000. */
  readonly openMs?: number
  /** Clock. Default: the platform's. */
  readonly runtime?: Runtime
}

const DEFAULTS = {
  /** Fewer than a database's attempts at one request (5): the last of them then wait until the store is tried again. */
  maxFailures: 3,
  /** Shorter than a database's longest wait (10 s), or it would not wait at all. */
  openMs: 5000,
} as const

/** However long a store asks to be left alone, it is tried once an hour. */
const MAX_OPEN_MS = 3_600_000

/** What only the store itself can have answered, beside success. */
const ANSWERS: ReadonlySet<unknown> = new Set(['ERR_CONFLICT', 'ERR_QUOTA', 'ERR_UNAUTHORIZED'])

/** One request, on its way through. */
interface Passage {
  /** The store's name. */
  readonly store: string
  readonly kind: RequestKind
  readonly signal: AbortSignal | undefined
}

/** *Closed* while requests pass, *open* while they fail at once, *half open* while a single one is sent to find out and others wait. */
class Circuit {
  readonly #maxFailures: number
  readonly #openMs: number
  readonly #runtime: Runtime
  #failures = 0
  #lastFailure: unknown
  /** Until when nothing is sent; `null` while the circuit is closed. */
  #openUntilMs: number | null = null
  /** The request that finds out is under way. */
  #probe: Promise<void> | undefined

  constructor(maxFailures: number, openMs: number, runtime: Runtime) {
    this.#maxFailures = maxFailures
    this.#openMs = openMs
    this.#runtime = runtime
  }

  async pass<T>({ store, kind, signal }: Passage, send: () => Promise<T>): Promise<T> {
    throwIfAborted(signal)
    while (this.#probe !== undefined) await orAborted(this.#probe, signal)
    const waitMs = this.#openUntilMs === null ? 0 : this.#openUntilMs - this.#runtime.monotonicMs()
    if (waitMs > 0) {
      const reason = this.#lastFailure instanceof Error ? ` The last time: ${this.#lastFailure.message}` : ''
      const message = `The ${store} store has failed ${this.#failures} times in a row, so this was not sent.${reason}`
      throw unsentError(kind, message, { retryAfterMs: waitMs, cause: this.#lastFailure })
    }
    const endProbe = this.#openUntilMs === null ? undefined : this.#beginProbe()
    const knownFailures = this.#failures
    try {
      const answer = await send()
      this.#answered()
      return answer
    } catch (error) {
      const code = errorCode(error)
      if (ANSWERS.has(code)) this.#answered()
      // A request that its caller gave up says nothing about the store.
      else if (code === 'ERR_UNAVAILABLE' && !signal?.aborted) this.#failed(error, knownFailures)
      throw error
    } finally {
      endProbe?.()
    }
  }

  /** Returns what lets go of those that wait for the outcome. */
  #beginProbe(): () => void {
    let end: () => void = () => undefined
    this.#probe = new Promise((resolve) => {
      end = resolve
    })
    return () => {
      this.#probe = undefined
      end()
    }
  }

  #answered(): void {
    this.#failures = 0
    this.#lastFailure = undefined
    this.#openUntilMs = null
  }

  /** `knownFailures`: how many there were when the request was sent. */
  #failed(error: unknown, knownFailures: number): void {
    if (knownFailures !== this.#failures) return // all that are under way when a line breaks are one failure
    this.#failures += 1
    this.#lastFailure = error
    if (this.#failures < this.#maxFailures) return
    const openMs = Math.max(this.#openMs, Math.min(retryAfterOf(error) ?? 0, MAX_OPEN_MS))
    this.#openUntilMs = this.#runtime.monotonicMs() + openMs
  }
}

/**
 * Sends nothing more to a store that has failed with `ERR_UNAVAILABLE` several times in a row: for a while requests fail with
 * that code at once, and `retryAfterMs` says for how long; then a single one is sent, and its answer decides, for those too that
 * come meanwhile and wait for it. Any answer of the store counts as one, a conflict or a refusal included; requests that their
 * callers gave up do not count.
 *
 * Of a write that was not sent the error says so (`applied: 'no'`). An earlier sending of it may have been applied all the same.
 *
 * @throws TypeError or RangeError for unknown or wrong options.
 */
export function withCircuitBreaker(store: BlobStore, options?: CircuitBreakerOptions): BlobStore {
  checkOptions(options, ['maxFailures', 'openMs', 'runtime'], 'withCircuitBreaker')
  const circuit = new Circuit(
    integerOption('maxFailures', options?.maxFailures, 1, 1000, DEFAULTS.maxFailures),
    integerOption('openMs', options?.openMs, 1, MAX_OPEN_MS, DEFAULTS.openMs),
    options?.runtime ?? createRuntime(),
  )
  const pass = <T>(kind: RequestKind, signal: AbortSignal | undefined, send: () => Promise<T>): Promise<T> =>
    circuit.pass({ store: store.name, kind, signal }, send)

  return decorate(store, {
    read: (key, request) => pass('read', request?.signal, () => store.read(key, request)),
    write: (key, data, expected, request) =>
      pass('change', request?.signal, () => store.write(key, data, expected, request)),
    delete: (key, expected, request) => pass('change', request?.signal, () => store.delete(key, expected, request)),
    list: (prefix, request) => stepByStep(store.list(prefix, request), (next) => pass('read', request?.signal, next)),
  })
}
