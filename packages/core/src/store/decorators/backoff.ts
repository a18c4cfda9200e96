import { throwIfAborted } from '../../errors.ts'
import type { Runtime } from '../../runtime.ts'

/** Assumed until a request was answered, in milliseconds: a store across a continent. */
const FIRST_LATENCY_MS = 100
/** A store in memory answers at once; a wait of nothing would only burn the attempts. */
const MIN_LATENCY_MS = 1
/** One answer that took very long must not make all waits very long. */
const MAX_LATENCY_MS = 2000
/** Weight of the newest answer, as for TCP's smoothed round-trip time (RFC 6298, section 2.3). */
const SMOOTHING = 1 / 8

/** How long to wait before a request is sent again: see {@link createBackoff}. */
export interface Backoff {
  /** Takes note of how long a request took that was answered, in milliseconds. */
  observe(latencyMs: number): void
  /** The wait after attempt number `attempt` (from 1) failed, in milliseconds; `null` if the store asks for more than the longest wait. */
  delayMs(attempt: number, retryAfterMs?: number): number | null
  /** Waits; `ERR_ABORTED` as soon as the signal is aborted. */
  wait(delayMs: number, signal?: AbortSignal): Promise<void>
}

/**
 * Exponential waits with jitter, from half to all of `latency × 2^attempt` and at most `maxDelayMs`. They scale with the latency
 * observed, so that neither a local store is waited for like a distant one nor a distant one is hammered.
 */
export function createBackoff(runtime: Pick<Runtime, 'jitter' | 'sleep'>, maxDelayMs: number): Backoff {
  let smoothedMs: number | undefined
  return {
    observe(latencyMs) {
      smoothedMs = smoothedMs === undefined ? latencyMs : smoothedMs + SMOOTHING * (latencyMs - smoothedMs)
    },
    delayMs(attempt, retryAfterMs = 0) {
      if (retryAfterMs > maxDelayMs) return null
      const latencyMs = Math.min(MAX_LATENCY_MS, Math.max(MIN_LATENCY_MS, smoothedMs ?? FIRST_LATENCY_MS))
      const exponentialMs = Math.min(maxDelayMs, latencyMs * 2 ** attempt)
      return Math.min(maxDelayMs, Math.max(0, retryAfterMs) + exponentialMs * (0.5 + 0.5 * runtime.jitter()))
    },
    async wait(delayMs, signal) {
      try {
        await runtime.sleep(delayMs, signal)
      } catch (error) {
        throwIfAborted(signal)
        throw error
      }
    },
  }
}
