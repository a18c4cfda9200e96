import { createHash } from 'node:crypto'
import { createSeededRandom, type SeededRandom } from '../seeded-random.ts'
import { audit } from './audit.ts'
import type { Outcome } from './controlled-store.ts'
import { Violation } from './inspector.ts'
import { type Layout, layOut, pendingVault, withPassword } from './layout.ts'
import type { Opening } from './opening.ts'
import type { Decision } from './random-run.ts'
import { type Batch, documentSteps, pathsIn } from './steps.ts'
import { ORDINARY, type Workload } from './workload.ts'
import { type Event, FIRST_PASSWORD, SECRET, World } from './world.ts'

/** What may go wrong: a call, or a client that dies in the middle. */
export type Fault = Outcome | 'crash'

/** A few clients that begin at once, over a small vault: little enough for every interleaving to be tried. */
export interface Scenario {
  readonly name: string
  readonly layout: Layout
  /** What each client does; operations of one batch begin at once. */
  readonly clients: readonly (readonly Batch[])[]
  /** Whether the clients have read the whole vault before. */
  readonly preload: boolean
  /** What may become of a call beside being done, at most `maxFaults` times in one history. */
  readonly faults: readonly Fault[]
  readonly maxFaults: number
  /** How each client comes to its database; without it all have opened the vault before anything begins. */
  readonly openings?: readonly Opening[]
  /** What there is of the vault where the clients do open it: all (by default), nothing, or what a creator left that died. */
  readonly vault?: 'there' | 'absent' | 'pending'
  /** Whether the vault takes a password, beside the key that opens it. */
  readonly hasPassword?: boolean
}

/** How far the exploration of one scenario goes. */
export interface Bounds {
  /** States looked at, at most. */
  readonly maxStates: number
  /** Of how many finished histories one is followed by a fresh client's audit. */
  readonly auditEvery: number
  /** Of how many states all clients die in one, for a fresh client to be able to do everything there (default 50). */
  readonly crashEvery?: number
  /** Which parts an incomplete exploration sees (default 1). */
  readonly seed?: number
}

/** What an exploration came to. */
export interface Exploration {
  readonly states: number
  readonly histories: number
  /** States in which all clients died, and a fresh one went on. */
  readonly crashes: number
  /** Shards that were reachable at the most. */
  readonly mostShards: number
  /** Whether every interleaving was tried, and not only as many as the bounds allow. */
  readonly complete: boolean
  readonly violation: Violation | null
  /** Of the history that went wrong. */
  readonly trace: readonly string[]
}

/** A crash takes as long as some ten histories. */
const CRASH_EVERY = 50

/** Deeper than any history of a few operations: a livelock. */
const MAX_DEPTH = 400

/** Tries all interleavings and outcomes of a scenario, by replay of what was decided before, and checks every state on the way. */
export async function explore(scenario: Scenario, bounds: Bounds): Promise<Exploration> {
  const explorer = new Explorer(scenario, bounds, await filesOf(scenario))
  return await explorer.run()
}

async function filesOf({ vault = 'there', hasPassword, layout }: Scenario): Promise<ReadonlyMap<string, Uint8Array>> {
  if (vault === 'absent') return new Map()
  if (vault === 'pending') return await pendingVault(layout.shardBytes, SECRET)
  const files = await layOut(layout, SECRET)
  return hasPassword === true ? withPassword(files, SECRET, FIRST_PASSWORD) : files
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
  #crashes = 0
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
      hasPassword: scenario.hasPassword === true,
      retry: { requestAttempts: 3, conflictAttempts: 8 },
      scripts: scenario.clients.map((batches, client) => {
        const opening = scenario.openings?.[client] ?? ORDINARY.opening
        return { ...ORDINARY, opening, batches, device: client }
      }),
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
      crashes: this.#crashes,
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
    const world = await this.#begin()
    const decisions: Decision[] = []
    let faults = 0
    for (;;) {
      const events = world.events()
      let decision = recorded[decisions.length]
      if (decision === undefined) {
        const alternatives = this.#look(world, events, faults)
        if (alternatives.length === 0) return await this.#finish(world, events)
        if (decisions.length >= MAX_DEPTH) throw new Violation('The clients do not come to an end.')
        const isSampled = this.#seen.size % (this.#bounds.crashEvery ?? CRASH_EVERY) === 0
        if (!isSampled) decision = this.#draw(alternatives)
        for (const other of alternatives) this.#untried.push([...decisions, other])
        if (decision === undefined) return await this.#crash(world)
      }
      decisions.push(decision)
      const event = events[decision[0]] as Event
      if (isFault(event, decision[1])) faults++
      world.perform(event, decision[1])
      await world.settle()
    }
  }

  async #begin(): Promise<World> {
    const { openings, preload, faults } = this.#scenario
    const log = (text: string): void => {
      this.#trace.push(text)
    }
    const options = { log, files: this.#files, isExplored: true, crashes: faults.includes('crash') }
    const world = new World(this.#workload, options)
    await world.begin({ isOpened: openings === undefined, preload })
    return world
  }

  /** What can be done in a state that was not seen before. */
  #look(world: World, events: readonly Event[], faults: number): Decision[] {
    if (world.failed) world.check()
    const state = hashOf(`${faults} ${world.fingerprint()}`)
    if (this.#seen.has(state)) return []
    this.#seen.add(state)
    return this.#alternatives(events, faults)
  }

  /** All clients die here; what they have sent may arrive before or while a fresh one does everything there is to do. */
  async #crash(world: World): Promise<void> {
    this.#crashes++
    world.log('all die')
    world.killAll()
    await world.settle()
    for (const write of [...world.store.late]) {
      if (this.#random.below(2) === 0) world.perform({ kind: 'arrive', write }, 'done')
    }
    await audit(world, 'thorough', this.#random)
  }

  #alternatives(events: readonly Event[], faults: number): Decision[] {
    const alternatives: Decision[] = []
    for (const [index, event] of events.entries()) {
      if (event.kind !== 'call') {
        if (event.kind !== 'crash' || faults < this.#scenario.maxFaults) alternatives.push([index, 'done'])
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
    if (this.#histories % this.#bounds.auditEvery === 0) await audit(world, 'thorough')
  }
}

function isFault(event: Event, outcome: Outcome): boolean {
  return event.kind === 'crash' || (event.kind === 'call' && outcome !== 'done')
}

/** States are kept by the hundred thousand. */
function hashOf(text: string): string {
  return createHash('sha1').update(text).digest('base64')
}

/** All documents that a scenario has or makes. */
function universeOf({ layout, clients }: Scenario): string[] {
  const steps = clients.flat().flatMap(documentSteps)
  return [...new Set([...layout.documents, ...steps.flatMap(pathsIn)])].sort()
}
