import { explore } from './exhaustive-run.ts'
import { run } from './random-run.ts'
import { randomWorkload } from './random-workload.ts'
import { SCENARIOS } from './scenarios/index.ts'
import type { Counterexample } from './shrink.ts'

/** A piece of work that one thread does without the others. */
export type Job =
  | { readonly kind: 'histories'; readonly firstSeed: number; readonly count: number }
  | { readonly kind: 'scenario'; readonly name: string; readonly maxStates: number }

/** What went wrong, so that it can be told by another thread. */
export interface Failure {
  readonly message: string
  readonly trace: readonly string[]
  /** Of a random history: its seed, and how to run it again. */
  readonly seed: number | null
  readonly counterexample: Counterexample | null
}

/** What a job came to. */
export interface JobResult {
  readonly histories: number
  readonly decisions: number
  readonly states: number
  /** States in which all clients died. */
  readonly crashes: number
  /** Of a scenario: how far it came. */
  readonly report: string | null
  readonly failure: Failure | null
}

/** Does a job; ends early at the first failure. */
export function perform(job: Job): Promise<JobResult> {
  return job.kind === 'histories' ? runHistories(job.firstSeed, job.count) : exploreScenario(job.name, job.maxStates)
}

async function runHistories(firstSeed: number, count: number): Promise<JobResult> {
  const result = { histories: 0, decisions: 0, states: 0, crashes: 0, report: null }
  for (let seed = firstSeed; seed < firstSeed + count; seed++) {
    const { workload, decide } = randomWorkload(seed)
    const { violation, decisions, trace } = await run(workload, decide)
    result.histories++
    result.decisions += decisions.length
    if (violation === null) continue
    return { ...result, failure: { message: violation.message, trace, seed, counterexample: { workload, decisions } } }
  }
  return { ...result, failure: null }
}

async function exploreScenario(name: string, maxStates: number): Promise<JobResult> {
  const scenario = SCENARIOS.find((each) => each.name === name)
  if (scenario === undefined) throw new RangeError(`There is no scenario "${name}".`)
  const found = await explore(scenario, { maxStates, auditEvery: 10 })
  const { states, histories, crashes, complete, violation, trace } = found
  const report = `${name}: ${states} states, ${histories} histories${complete ? '' : ', not all'}`
  const failure = violation && { message: violation.message, trace, seed: null, counterexample: null }
  return { histories, decisions: 0, states, crashes, report, failure }
}
