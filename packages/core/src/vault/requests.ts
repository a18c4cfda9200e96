import { onAbort } from '../abort.ts'
import { errorCode, retryAfterOf, throwIfAborted, VaultError } from '../errors.ts'
import type { Runtime } from '../runtime.ts'
import { type BlobStore, REFUSALS, type ReadOptions, type StoredBlob, type Version } from '../store/contract.ts'
import { type Backoff, createBackoff } from '../store/decorators/backoff.ts'
import { isUnsent } from '../store/outcomes.ts'

/** What the engine asks of a blob store. */
export type RequestedStore = Pick<BlobStore, 'capabilities' | 'read' | 'write'>

/** How failing requests are retried, all values given. */
export interface RetryPolicy {
  readonly requestAttempts: number
  readonly conflictAttempts: number
  readonly maxDelayMs: number
}

/** Growth of the pauses after conflicts ends at 2^6 latencies: whoever lost often must not stay away while the others go on. */
const MOST_CONFLICT_DOUBLINGS = 6

/** A read's answer and when its request was sent; freshness goes by that moment, never by the answer's. */
export interface Answer {
  readonly blob: StoredBlob | 'unchanged' | null
  readonly sentTick: number
  readonly sentAtMs: number
}

/** How one attempt at a write ended. */
export type WriteOutcome =
  /** Applied, and this is the file's version now. */
  | { readonly kind: 'done'; readonly version: Version; readonly sentTick: number; readonly sentAtMs: number }
  /** Applied, and somebody has written since. */
  | { readonly kind: 'superseded' }
  /** Not applied, and never will be. */
  | { readonly kind: 'conflict' }
  /** Refused, or never sent. */
  | { readonly kind: 'refused'; readonly error: unknown }
  /** Nobody can tell. */
  | { readonly kind: 'unknown'; readonly error: unknown }

/** What reading a file after a conflict showed about the own write. */
export type Finding =
  | { readonly kind: 'current'; readonly version: Version }
  | { readonly kind: 'applied' }
  | { readonly kind: 'not-applied' }
  /** The file is still in the state that this was to replace. */
  | { readonly kind: 'unmoved' }
  /** The log no longer reaches back to the write's base. */
  | { readonly kind: 'out-of-reach' }
  | { readonly kind: 'unclear' }

/** One write to settle: the same bytes with the same expected version, however often they are sent. */
export interface PendingWrite {
  readonly key: string
  readonly data: Uint8Array
  readonly expected: Version | null
  readonly signal?: AbortSignal | undefined
  /** Reads the file that this was sent to and looks for the write in it. */
  inspect(): Promise<Finding>
}

/**
 * The way to the blob store: numbers requests in the order they are sent, learns how long they take, and sees writes
 * through to a definite outcome.
 */
export class Requests {
  readonly store: RequestedStore
  readonly runtime: Runtime
  readonly retry: RetryPolicy
  readonly #backoff: Backoff
  #tick = 0

  constructor(store: RequestedStore, runtime: Runtime, retry: RetryPolicy) {
    this.store = store
    this.runtime = runtime
    this.retry = retry
    this.#backoff = createBackoff(runtime, retry.maxDelayMs)
  }

  /** Number of the last request sent. */
  get tick(): number {
    return this.#tick
  }

  async read(key: string, options: ReadOptions): Promise<Answer> {
    throwIfAborted(options.signal)
    const sentTick = ++this.#tick
    const sentAtMs = this.runtime.monotonicMs()
    const blob = await this.store.read(key, options)
    this.#backoff.observe(this.runtime.monotonicMs() - sentAtMs)
    return { blob, sentTick, sentAtMs }
  }

  /**
   * Sends a write until its outcome is known. After `ERR_UNAVAILABLE` it may be applied at any later time, so only the same
   * bytes with the same expected version are sent again: at most one of them can ever apply.
   */
  async settle(write: PendingWrite): Promise<WriteOutcome> {
    // A signal of its own: many writes may share one, and platforms warn of more than ten listeners.
    const abort = new AbortController()
    if (write.signal?.aborted) abort.abort(write.signal.reason)
    const forget = onAbort(write.signal, () => abort.abort(write.signal?.reason))
    try {
      return await this.#settle({ ...write, signal: abort.signal })
    } finally {
      forget()
    }
  }

  async #settle(write: PendingWrite & { readonly signal: AbortSignal }): Promise<WriteOutcome> {
    let isUnsettled = false
    for (let attempt = 1; ; attempt++) {
      const sentTick = ++this.#tick
      const sentAtMs = this.runtime.monotonicMs()
      try {
        const { key, data, expected, signal } = write
        const version = await this.store.write(key, data, expected, { signal })
        this.#backoff.observe(this.runtime.monotonicMs() - sentAtMs)
        return { kind: 'done', version, sentTick, sentAtMs }
      } catch (error) {
        const code = errorCode(error)
        // A conflict as the very first answer is looked into as well: something below the adapter may have re-sent.
        if (code === 'ERR_CONFLICT') {
          const outcome = await this.#afterConflict(write, { sentTick, sentAtMs, isFirst: !isUnsettled })
          if (outcome !== null) return outcome
        } else {
          if (!isUnsettled && code !== undefined && REFUSALS.has(code)) return { kind: 'refused', error }
          if (!isUnsettled && code === 'ERR_ABORTED') return { kind: 'refused', error } // the adapter had sent nothing
          isUnsettled ||= !isUnsent(error)
        }
        const definite: WriteOutcome = code === 'ERR_CONFLICT' ? { kind: 'conflict' } : { kind: 'refused', error }
        const givenUp: WriteOutcome = isUnsettled ? { kind: 'unknown', error: unclear(error) } : definite
        if (attempt >= this.retry.requestAttempts || write.signal.aborted) return givenUp
        try {
          await this.backOff(attempt, error, write.signal)
        } catch {
          return givenUp
        }
      }
    }
  }

  /**
   * Looks for a write that was answered with a conflict. `null` if the file still is what it was to replace: that read came from
   * before the conflict, or an earlier sending is just being done; sent again, the write can still apply only once.
   */
  async #afterConflict(
    write: PendingWrite,
    { isFirst, ...sent }: { readonly sentTick: number; readonly sentAtMs: number; readonly isFirst: boolean },
  ): Promise<WriteOutcome | null> {
    try {
      const finding = await write.inspect()
      if (finding.kind === 'unmoved') return null
      if (finding.kind === 'current') return { kind: 'done', version: finding.version, ...sent }
      if (finding.kind === 'applied') return { kind: 'superseded' }
      if (finding.kind === 'not-applied') return { kind: 'conflict' }
      // A first answer is the store's word that nothing was applied, and a base out of the log's reach is an old cache as a
      // rule: others wrote on while this client was idle or waited.
      if (finding.kind === 'out-of-reach' && isFirst) return { kind: 'conflict' }
      return {
        kind: 'unknown',
        error: new VaultError('ERR_UNAVAILABLE', 'The log no longer reaches back to this write.'),
      }
    } catch (error) {
      return { kind: 'unknown', error }
    }
  }

  /**
   * Waits after attempt number `attempt` failed with `cause`: on the scale of the latency observed, longer each time, jittered, and
   * not shorter than what the store asked for. Throws `cause` if that is more than the longest wait.
   */
  async backOff(attempt: number, cause: unknown, signal?: AbortSignal): Promise<void> {
    const delayMs = this.#backoff.delayMs(attempt, retryAfterOf(cause))
    if (delayMs === null) throw cause
    await this.#backoff.wait(delayMs, signal)
  }

  /** Waits before something is planned again after conflict number `conflicts` that got no immediate attempt. */
  async pauseAfterConflict(conflicts: number, signal?: AbortSignal): Promise<void> {
    await this.backOff(Math.min(conflicts, MOST_CONFLICT_DOUBLINGS), null, signal)
  }
}

/** The error behind an unknown outcome. A conflict over a file that is as it was explains nothing. */
function unclear(error: unknown): unknown {
  if (errorCode(error) !== 'ERR_CONFLICT') return error
  return new VaultError('ERR_UNAVAILABLE', 'A conflict over a file that did not change.', { cause: error })
}
