import { createRuntime, type Runtime } from '@vaultdb/core'

/** A clock that stands still until it is told to go on. */
export interface TestRuntime extends Pick<Runtime, 'now' | 'randomBytes' | 'jitter' | 'sleep'> {
  /** What `jitter` gives. */
  jitterValue: number
  /** Lets time pass; who sleeps until then wakes. */
  advance(ms: number): void
  /** How long those who sleep still will, in milliseconds. */
  readonly sleeping: readonly number[]
  /** Resolves when somebody sleeps. */
  someoneSleeps(): Promise<void>
}

export function createTestRuntime(): TestRuntime {
  const { randomBytes } = createRuntime()
  let nowMs = Date.parse('2026-01-01T00:00:00Z')
  const sleepers = new Set<{ readonly untilMs: number; readonly wake: () => void }>()
  let fellAsleep = (): void => undefined
  return {
    jitterValue: 0,
    now: () => nowMs,
    randomBytes,
    jitter(): number {
      return this.jitterValue
    },
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        const sleeper = { untilMs: nowMs + ms, wake: resolve }
        sleepers.add(sleeper)
        signal?.addEventListener('abort', () => {
          sleepers.delete(sleeper)
          reject(signal.reason)
        })
        fellAsleep()
      }),
    advance(ms) {
      nowMs += ms
      for (const sleeper of [...sleepers]) {
        if (sleeper.untilMs > nowMs) continue
        sleepers.delete(sleeper)
        sleeper.wake()
      }
    },
    get sleeping() {
      return [...sleepers].map(({ untilMs }) => untilMs - nowMs)
    },
    async someoneSleeps() {
      if (sleepers.size > 0) return
      await new Promise<void>((resolve) => {
        fellAsleep = resolve
      })
    },
  }
}
