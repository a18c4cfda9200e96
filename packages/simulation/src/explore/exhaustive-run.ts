import { createSeededRandom, type SeededRandom } from '../seeded-random.ts'
import type { Batch } from './client.ts'
import type { Outcome } from './controlled-store.ts'
import { Violation } from './inspector.ts'
import { type Layout, layOut } from './layout.ts'
import type { Decision } from './random-run.ts'
import { type Event, SECRET, type Workload, World } from './world.ts'

/** A few clients that begin at once, over a small vault: little enough for every interleaving to be tried. */
export interface Scenario {
  readonly name: string
  readonly layout: Layout
  /** What each client does; operations of one batch begin at once. */
  readonly clients: readonly (readonly Batch[])[]
  /** Whether the clients have read the whole vault before. */
  readonly preload: boolean
  /** What may become of a call beside being done, at most `maxFaults` times in one history. */
  readonly faults: readonly Outcome[]
  readonly maxFaults: number
}

/** How far the exploration of one scenario goes. */
export interface Bounds {
  /** States looked at, at most. */
  readonly maxStates: number
  /** Of how many finished histories one is followed by a fresh client's audit. */
  readonly auditEvery: number
  /** Which parts an incomplete exploration sees (default 1). */
  readonly seed?: number
}

/** What an exploration came to. */
export interface Exploration {
  readonly states: number
  readonly histories: number
  /** Shards that were reachable at the most. */
  readonly mostShards: number
  /** Whether every interleaving was tried, and not only as many as the bounds allow. */
  readonly complete: boolean
  readonly violation: Violation | null
  /** Of the history that went wrong. */
  readonly trace: readonly string[]
}

/** Deeper than any history of a few operations: a livelock. */
const MAX_DEPTH = 400

/** Tries all interleavings and outcomes of a scenario, by replay of what was decided before, and checks every state on the way. */
export async function explore(scenario: Scenario, bounds: Bounds): Promise<Exploration> {
  const explorer = new Explorer(scenario, bounds, await layOut(scenario.layout, SECRET))
  return await explorer.run()
}

class Explorer {
  readonly #scenario: Scenario
  readonly #bounds: Bounds
  readonly #files: ReadonlyMap<string, Uint8Array>
  readonly #workload: Workload
  readonly #seen = new Set<string>()
  readonly #untried: (readonly Decision[])[] = [[]]
  readonly #random: SeededRandom
  #histories = 0
  #mostShards = 0
  #trace: string[] = []

  constructor(scenario: Scenario, bounds: Bounds, files: ReadonlyMap<string, Uint8Array>) {
    this.#scenario = scenario
    this.#bounds = bounds
    this.#random = createSeededRandom(bounds.seed ?? 1)
    this.#files = files
    this.#workload = {
      seed: 1,
      universe: universeOf(scenario),
      shardBytes: scenario.layout.shardBytes,
      atomicReads: !scenario.faults.includes('torn') && !scenario.faults.includes('absent'),
      retry: { requestAttempts: 3, conflictAttempts: 8 },
      scripts: scenario.clients.map((batches) => ({ bornAt: 0, diesAt: null, batches })),
    }
  }

  async run(): Promise<Exploration> {
    let violation: Violation | null = null
    try {
      while (this.#untried.length > 0 && this.#seen.size < this.#bounds.maxStates) {
        await this.#follow(this.#draw(this.#untried))
      }
    } catch (error) {
      violation = error instanceof Violation ? error : new Violation(String(error), { cause: error })
    }
    return {
      states: this.#seen.size,
      histories: this.#histories,
      mostShards: this.#mostShards,
      complete: this.#untried.length === 0,
      violation,
      trace: violation === null ? [] : this.#trace,
    }
  }

  /** Takes any one out. Which comes first does not matter to a complete exploration; an incomplete one sees more of it so. */
  #draw<T>(from: T[]): T {
    const at = this.#random.below(from.length)
    const drawn = from[at] as T
    const last = from.pop() as T
    if (at < from.length) from[at] = last
    return drawn
  }

  /** Takes the recorded decisions again, and from there one alternative each time; the others are for later. */
  async #follow(recorded: readonly Decision[]): Promise<void> {
    this.#trace = []
    const world = new World(this.#workload, (text) => this.#trace.push(text), {
      files: this.#files,
      preload: this.#scenario.preload,
    })
    await world.begin()
    const decisions: Decision[] = []
    let faults = 0
    for (;;) {
      const events = world.events()
      let decision = recorded[decisions.length]
      if (decision === undefined) {
        if (world.failed) world.check()
        const state = `${faults} ${world.store.fingerprint()}`
        const alternatives = this.#seen.has(state) ? [] : this.#alternatives(events, faults)
        this.#seen.add(state)
        if (alternatives.length === 0) return await this.#finish(world, events)
        if (decisions.length >= MAX_DEPTH) throw new Violation('The clients do not come to an end.')
        decision = this.#draw(alternatives)
        for (const other of alternatives) this.#untried.push([...decisions, other])
      }
      decisions.push(decision)
      const event = events[decision[0]] as Event
      if (isFault(event, decision[1])) faults++
      world.perform(event, decision[1])
      await world.settle()
    }
  }

  #alternatives(events: readonly Event[], faults: number): Decision[] {
    const alternatives: Decision[] = []
    for (const [index, event] of events.entries()) {
      if (event.kind !== 'call') {
        alternatives.push([index, 'done'])
        continue
      }
      for (const outcome of event.outcomes) {
        const isAllowed =
          outcome === 'done' || (faults < this.#scenario.maxFaults && this.#scenario.faults.includes(outcome))
        if (isAllowed) alternatives.push([index, outcome])
      }
    }
    return alternatives
  }

  /** At the end of a history, and where it meets a state that was seen before. */
  async #finish(world: World, events: readonly Event[]): Promise<void> {
    world.check()
    this.#mostShards = Math.max(this.#mostShards, world.inspector.shardCount)
    if (events.length > 0) return
    world.checkEnded()
    this.#histories++
    if (this.#histories % this.#bounds.auditEvery === 0) await world.audit()
  }
}

function isFault(event: Event, outcome: Outcome): boolean {
  return event.kind === 'call' && outcome !== 'done'
}

/** All documents that a scenario has or makes. */
function universeOf({ layout, clients }: Scenario): string[] {
  const paths = new Set(layout.documents)
  for (const step of clients.flat(2).flatMap((each) => (each.kind === 'sequence' ? each.steps : [each]))) {
    if ('path' in step) paths.add(step.path)
    if (step.kind === 'write') for (const path of [...step.put, ...step.remove]) paths.add(path)
  }
  return [...paths].sort()
}
