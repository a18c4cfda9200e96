import type { SeededRandom } from '../seeded-random.ts'
import { audit } from './audit.ts'
import type { Outcome } from './controlled-store.ts'
import { Violation } from './inspector.ts'
import { emptyVault, withPassword } from './layout.ts'
import type { Workload } from './workload.ts'
import { type Event, FIRST_PASSWORD, SECRET, World } from './world.ts'

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
const MOST_DECISIONS = 20_000

/** Of how many histories one is audited document by document. */
const THOROUGH_EVERY = 16

/** Runs a workload to its end. */
export async function run(workload: Workload, decide: Decide): Promise<RunResult> {
  const trace: string[] = []
  const decisions: Decision[] = []
  const { hasPassword, shardBytes, seed } = workload
  const files = hasPassword ? withPassword(await emptyVault(shardBytes, SECRET), SECRET, FIRST_PASSWORD) : new Map()
  const world = new World(workload, { log: (text) => trace.push(text), files })
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
    await audit(world, seed % THOROUGH_EVERY === 0 ? 'thorough' : 'brief')
  } catch (error) {
    violation = error instanceof Violation ? error : new Violation(String(error), { cause: error })
  }
  return { decisions, violation, trace }
}

/** Of how many chances to abort an operation one is taken. */
const ABORT_ONE_IN = 5

/** Decides at random; `faults` is the share of calls that do not simply succeed. */
export function decideAtRandom(random: SeededRandom, faults: number): Decide {
  const draw = (events: readonly Event[]): number => {
    const index = random.below(events.length)
    if (events[index]?.kind !== 'abort' || random.below(ABORT_ONE_IN) === 0) return index
    return random.below(events.findIndex(({ kind }) => kind === 'abort')) // aborts come last
  }
  return (events) => {
    const index = draw(events)
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
