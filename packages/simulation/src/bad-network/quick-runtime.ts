import { createRuntime, type Runtime } from '@vaultdb/core'

/** A runtime that knows who still waits. */
export interface QuickRuntime extends Runtime {
  /** Pauses and time limits that have not ended. */
  readonly sleeping: number
}

/** The platform's runtime whose clock and pauses pass `times` as fast, so that the defaults of real use can be tested. */
export function createQuickRuntime(times: number): QuickRuntime {
  const platform = createRuntime()
  let sleeping = 0
  return {
    ...platform,
    get sleeping(): number {
      return sleeping
    },
    monotonicMs: () => platform.monotonicMs() * times,
    async sleep(ms, signal) {
      sleeping++
      try {
        await platform.sleep(ms / times, signal)
      } finally {
        sleeping--
      }
    },
  }
}
