import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'

/** Sockets and timers that keep a process alive, by kind. */
export type ActiveResources = ReadonlyMap<string, number>

/** Where Node's `fetch` keeps its connections. */
const DISPATCHER = Symbol.for('undici.globalDispatcher.1')

interface Dispatcher {
  readonly constructor: new () => Dispatcher
  close(): Promise<void>
}

const POLL_MS = 10
const PATIENCE_MS = 10_000

/** Ends the connections that `fetch` keeps for later requests: they are the platform's, not its callers'. */
async function closeIdleConnections(): Promise<void> {
  const platform = globalThis as { [DISPATCHER]?: Dispatcher }
  const dispatcher = platform[DISPATCHER]
  if (dispatcher === undefined) return
  platform[DISPATCHER] = new dispatcher.constructor()
  await dispatcher.close()
}

function active(): ActiveResources {
  const counts = new Map<string, number>()
  for (const kind of process.getActiveResourcesInfo()) {
    if (kind.startsWith('TCP') || kind === 'Timeout') counts.set(kind, (counts.get(kind) ?? 0) + 1)
  }
  return counts
}

/** What is active now. Nobody may be sending anything by `fetch`. */
export async function activeResources(): Promise<ActiveResources> {
  await closeIdleConnections()
  return active()
}

/** No more is active than `before`, as soon as the other ends of the connections have heard that they are over. */
export async function expectNoMoreActive(before: ActiveResources): Promise<void> {
  await closeIdleConnections()
  const more = (): string[] => [...active()].flatMap(([kind, count]) => (count > (before.get(kind) ?? 0) ? [kind] : []))
  for (let waitedMs = 0; more().length > 0 && waitedMs < PATIENCE_MS; waitedMs += POLL_MS) await sleep(POLL_MS)
  expect(more()).toEqual([])
}
