import type { Runtime } from '@vaultdb/core'
import { Refusal, rateLimited } from './answers.ts'

/** So many requests of one account in so long a time. */
export interface RateLimit {
  /** At least 1. */
  readonly requests: number
  /** Milliseconds, at least 1. */
  readonly perMs: number
}

/** Counts the requests of each account; refused ones count as well, as Dropbox says of its own limit. */
export class RateLimiter {
  readonly #limit: RateLimit
  readonly #runtime: Pick<Runtime, 'now'>
  readonly #windows: Map<string, { readonly endMs: number; requests: number }> = new Map()

  constructor(limit: RateLimit, runtime: Pick<Runtime, 'now'>) {
    this.#limit = limit
    this.#runtime = runtime
  }

  admit(account: string): void {
    const nowMs = this.#runtime.now()
    let window = this.#windows.get(account)
    if (window === undefined || window.endMs <= nowMs) {
      window = { endMs: nowMs + this.#limit.perMs, requests: 0 }
      this.#windows.set(account, window)
    }
    window.requests += 1
    if (window.requests <= this.#limit.requests) return
    throw new Refusal(rateLimited('too_many_requests', Math.ceil((window.endMs - nowMs) / 1000)))
  }
}
