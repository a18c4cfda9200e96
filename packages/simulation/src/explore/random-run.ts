import { createSeededRandom, type SeededRandom } from '../seeded-random.ts'
import type { Batch, Step } from './client.ts'
import type { Outcome } from './controlled-store.ts'
import { Violation } from './inspector.ts'
import { type Event, type Script, type Workload, World } from './world.ts'

/** One decision: which of the possible events happened, and how. */
export type Decision = readonly [event: number, outcome: Outcome]

/** A simulation that went wrong, or did not. */
export interface RunResult {
  readonly decisions: readonly Decision[]
  readonly violation: Violation | null
  /** What happened, line by line. */
  readonly trace: readonly string[]
}

/** Decides what happens next. */
export type Decide = (events: readonly Event[], number: number) => Decision

/** More decisions than any workload needs: a simulation that gets there is live-locked. */
const MOST_DECISIONS = 5_000

/** Runs a workload to its end. */
export async function run(workload: Workload, decide: Decide): Promise<RunResult> {
  const trace: string[] = []
  const decisions: Decision[] = []
  const world = new World(workload, (text) => trace.push(text))
  let violation: Violation | null = null
  try {
    for (;;) {
      world.passTime(decisions.length)
      await world.settle()
      if (world.failed) break
      const events = world.events()
      if (events.length === 0) {
        if (!world.expecting) break
        world.checkEnded()
        continue
      }
      if (decisions.length >= MOST_DECISIONS) throw new Violation('The clients do not come to an end.')
      const decision = decide(events, decisions.length)
      decisions.push(decision)
      world.perform(events[decision[0]] as Event, decision[1])
    }
    world.check()
    world.checkEnded()
    trace.push('the end')
    await world.audit()
  } catch (error) {
    violation = error instanceof Violation ? error : new Violation(String(error), { cause: error })
  }
  return { decisions, violation, trace }
}

/** Decides at random; `faults` is the share of calls that do not simply succeed. */
export function decideAtRandom(random: SeededRandom, faults: number): Decide {
  return (events) => {
    const index = random.below(events.length)
    const event = events[index] as Event
    if (event.kind !== 'call' || random.fraction() >= faults) return [index, 'done']
    return [index, random.pick(event.outcomes)]
  }
}

/** Decides as recorded, and in the plainest way where the record does not fit any more. */
export function decideAgain(decisions: readonly Decision[]): Decide {
  return (events, number) => {
    const [wanted, outcome] = decisions[number] ?? [0, 'done']
    const index = wanted % events.length
    const event = events[index] as Event
    return [index, event.kind === 'call' && event.outcomes.includes(outcome) ? outcome : 'done']
  }
}

const DOCUMENTS: readonly string[] = [
  '/x',
  '/y',
  '/a/1',
  '/a/2',
  '/a/3',
  '/a/b/1',
  '/a/b/2',
  '/a/b/c/1',
  '/d/1',
  '/d/2',
  '/d/e/f/1',
  '/g/1',
  '/g/2',
  '/g/3',
  '/g/4',
  '/g/5',
  '/g/6',
]
const DIRECTORIES: readonly string[] = ['/', '/a/', '/a/b/', '/a/b/c/', '/d/', '/d/e/', '/d/e/f/', '/g/']

/** A workload drawn from one seed. */
export function randomWorkload(seed: number): { readonly workload: Workload; readonly decide: Decide } {
  const random = createSeededRandom(seed)
  const first = random.below(DOCUMENTS.length - 3)
  const universe = random.fraction() < 0.5 ? DOCUMENTS : DOCUMENTS.slice(first, first + 3 + random.below(4))
  const clients = 1 + random.below(4)
  const mortal = random.fraction() < 0.4
  const scripts: Script[] = []
  for (let client = 0; client < clients; client++) {
    const bornAt = client === 0 ? 0 : random.below(random.pick([3, 40, 120]))
    const diesAt = mortal && random.fraction() < 0.5 ? bornAt + 3 + random.below(60) : null
    const batches = Array.from({ length: 1 + random.below(5) }, () => randomBatch(random, universe))
    scripts.push({ bornAt, diesAt, batches })
  }
  scripts.sort((a, b) => a.bornAt - b.bornAt)
  const workload: Workload = {
    seed,
    universe,
    shardBytes: random.pick([1_024, 1_024, 2_048, 65_536]),
    atomicReads: random.fraction() < 0.8,
    retry: { requestAttempts: random.pick([1, 2, 5]), conflictAttempts: random.pick([3, 30]) },
    scripts,
  }
  return { workload, decide: decideAtRandom(random, random.pick([0, 0.05, 0.15, 0.3])) }
}

function randomBatch(random: SeededRandom, universe: readonly string[]): Batch {
  const step = (): Step => randomStep(random, universe)
  return Array.from({ length: random.pick([1, 1, 2, 3, 4]) }, () =>
    random.fraction() < 0.7 ? step() : { kind: 'sequence', steps: [step(), step(), step()] },
  )
}

function randomStep(random: SeededRandom, universe: readonly string[]): Step {
  const kind = random.pick([
    'get',
    'put',
    'put',
    'update',
    'update',
    'update-later',
    'remove',
    'remove',
    'remove',
    'list',
    'find',
    'entries',
    'prune',
    'write',
  ] as const)
  switch (kind) {
    case 'list':
    case 'find':
    case 'entries':
    case 'prune':
      return { kind, directory: random.pick(DIRECTORIES) }
    case 'write': {
      const chosen = universe.filter(() => random.fraction() < 0.5)
      const put = chosen.filter(() => random.fraction() < 0.7)
      return { kind, put, remove: chosen.filter((path) => !put.includes(path)) }
    }
    default:
      return { kind, path: random.pick(universe) }
  }
}
