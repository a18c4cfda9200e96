import type { NetworkStore, RequestRecord } from './network.ts'
import type { VirtualClock } from './virtual-clock.ts'

/** What a piece of work cost on the network. */
export interface NetworkCost {
  readonly requests: number
  readonly reads: number
  readonly writes: number
  /** Writes that another client's write came before. */
  readonly conflicts: number
  /** The critical path: the length of the longest chain of requests of which each began after the one before it had ended. */
  readonly rounds: number
  readonly bytesUp: number
  readonly bytesDown: number
  /** Virtual time, latency and transfers together. */
  readonly elapsedMs: number
  /** Requests that began only after the work had been reported done; counted above as well, but neither in `rounds` nor in `elapsedMs`. */
  readonly background: number
  /** How often each file was written, conflicts included. */
  readonly writesByKey: ReadonlyMap<string, number>
  readonly trace: readonly RequestRecord[]
}

/** The round of each request: one more than the highest round among those that had ended when it began. */
export function roundsOf(requests: readonly RequestRecord[]): number[] {
  const rounds: number[] = []
  for (const request of requests) {
    let before = 0
    for (const [index, round] of rounds.entries()) {
      const earlier = requests[index]
      if (earlier !== undefined && earlier.endOrder < request.startOrder) before = Math.max(before, round)
    }
    rounds.push(before + 1)
  }
  return rounds
}

/** The cost of requests of one client, `doneAt` of which had been sent when the work was reported done. */
export function costOf(
  requests: readonly RequestRecord[],
  elapsedMs: number,
  doneAt: number = requests.length,
): NetworkCost {
  const writes = requests.filter((request) => request.kind === 'write')
  const writesByKey = new Map<string, number>()
  for (const { key } of writes) writesByKey.set(key, (writesByKey.get(key) ?? 0) + 1)
  return {
    requests: requests.length,
    reads: requests.filter((request) => request.kind === 'read').length,
    writes: writes.length,
    conflicts: writes.filter((request) => request.outcome === 'ERR_CONFLICT').length,
    rounds: Math.max(0, ...roundsOf(requests.slice(0, doneAt))),
    bytesUp: requests.reduce((sum, request) => sum + request.bytesUp, 0),
    bytesDown: requests.reduce((sum, request) => sum + request.bytesDown, 0),
    elapsedMs,
    background: requests.length - doneAt,
    writesByKey,
    trace: requests,
  }
}

/** Runs `work` and waits for what it left going in the background; the cost is that of the requests to `store` meanwhile. */
export async function measureNetwork(
  clock: VirtualClock,
  store: NetworkStore,
  work: () => Promise<unknown>,
): Promise<NetworkCost> {
  await clock.settled()
  const first = store.requests.length
  const startMs = clock.nowMs()
  await work()
  const elapsedMs = clock.nowMs() - startMs
  const doneAt = store.requests.length - first
  await clock.settled()
  return costOf(store.requests.slice(first), elapsedMs, doneAt)
}

/** One line per request: when, in which round, what, and how it ended. For people who look into a figure. */
export function formatTrace(requests: readonly RequestRecord[]): string {
  const rounds = roundsOf(requests)
  const originMs = requests[0]?.startMs ?? 0
  return requests
    .map((request, index) => {
      const times = `${Math.round(request.startMs - originMs)}–${Math.round(request.endMs - originMs)} ms`
      const bytes = `up ${request.bytesUp} B, down ${request.bytesDown} B`
      return `round ${rounds[index]}  ${times.padEnd(14)} ${request.kind.padEnd(5)} ${request.key}  ${request.outcome}  ${bytes}`
    })
    .join('\n')
}
