import type { Runtime } from '@vaultdb/core'
import { createRuntime } from '@vaultdb/core'
import { createSeededRandom } from './seeded-random.ts'

/** Takes back an event that is not due yet. */
export type Cancel = () => void

/**
 * A clock that stands still while the program runs and jumps to the next event once the program waits for nothing else.
 * A delay of an hour takes no time, and the same program sees the same order of events on every run.
 */
export interface VirtualClock {
  /** Virtual milliseconds since the clock was made. */
  nowMs(): number
  /** Calls `event` at `nowMs() + delayMs`; events of one instant run in the order in which they were asked for. */
  after(delayMs: number, event: () => void): Cancel
  /** Resolves after `ms` virtual milliseconds, or rejects with the signal's reason as soon as it is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** How many events are due some time. 0 when nothing is under way. */
  pending(): number
  /** Resolves once nothing is under way any more, background work included. */
  settled(): Promise<void>
}

interface Event {
  readonly atMs: number
  readonly order: number
  readonly run: () => void
}

/**
 * Makes a clock. The program "waits for nothing else" when its microtasks have run dry: that is when Node turns to its
 * next macrotask, so each event is a macrotask (`setImmediate`) of its own. This holds for programs made of promises alone; what
 * comes back from other threads (WebCrypto, files) is not waited for, which is why {@link createVirtualRuntime} has no `subtle`.
 */
export function createVirtualClock(): VirtualClock {
  let nowMs = 0
  let order = 0
  let pumping = false
  const events = new Set<Event>()
  let idle: (() => void)[] = []

  const next = (): Event | undefined => {
    let first: Event | undefined
    for (const event of events) {
      const earlier =
        first === undefined || event.atMs < first.atMs || (event.atMs === first.atMs && event.order < first.order)
      if (earlier) first = event
    }
    return first
  }

  const pump = (): void => {
    const event = next()
    if (event !== undefined) {
      events.delete(event)
      nowMs = event.atMs
      // Before the event, so that one that throws does not stop the clock for the others.
      setImmediate(pump)
      event.run()
      return
    }
    pumping = false
    const waiting = idle
    idle = []
    for (const resolve of waiting) resolve()
  }

  const start = (): void => {
    if (pumping) return
    pumping = true
    setImmediate(pump)
  }

  const after = (delayMs: number, run: () => void): Cancel => {
    if (!(delayMs >= 0)) throw new RangeError('A delay is a number of milliseconds from 0.')
    const event = { atMs: nowMs + delayMs, order: order++, run }
    events.add(event)
    start()
    return () => void events.delete(event)
  }

  const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const stop = (): void => {
        cancel()
        reject(signal?.reason)
      }
      const cancel = after(ms, () => {
        signal?.removeEventListener('abort', stop)
        resolve()
      })
      signal?.addEventListener('abort', stop, { once: true })
    })

  const settled = (): Promise<void> =>
    new Promise((resolve) => {
      idle.push(resolve)
      start()
    })

  return { nowMs: () => nowMs, after, sleep, pending: () => events.size, settled }
}

/** 2026-01-01T00:00:00Z: where the wall clock of every simulation begins. */
const EPOCH_MS = 1_767_225_600_000

/**
 * A runtime whose time is the clock's and whose randomness comes from `seed`. Without WebCrypto, whose answers come from other
 * threads at times that differ from run to run: databases on it need `allowInsecureContext: true`.
 */
export function createVirtualRuntime(clock: VirtualClock, seed: number): Runtime {
  const random = createSeededRandom(seed)
  const { sha256, deflate, inflate } = createRuntime()
  return {
    now: () => EPOCH_MS + Math.floor(clock.nowMs()),
    monotonicMs: () => clock.nowMs(),
    randomBytes: (length) => random.bytes(length),
    jitter: () => random.fraction(),
    sleep: (ms, signal) => clock.sleep(ms, signal),
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(deflate === undefined ? {} : { deflate }),
    ...(inflate === undefined ? {} : { inflate }),
  }
}
