import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { createRuntime } from '@vaultdb/core'
import { explore } from './exhaustive-run.ts'
import { type RunResult, run } from './random-run.ts'
import { randomWorkload } from './random-workload.ts'
import { SCENARIOS } from './scenarios/index.ts'
import { type Counterexample, replay, shrink } from './shrink.ts'

const USAGE = `Random histories of real clients over a store that fails in every way it may.

  --seed S          first seed (default: from the clock)
  --minutes M       how long to go on (default 1)
  --histories N     or how many histories to run
  --replay FILE     run one recorded history again and print it
  --exhaustive      instead, every interleaving of the small scenarios
  --states N        at most so many states of each (default 20,000)
  --only TEXT       only scenarios whose name holds this
`

/** Histories that shrinking a counterexample may try. */
const SHRINKING_BUDGET = 2_000

/** Runs histories until time or number is up, or one goes wrong; resolves to the process's exit code. */
async function simulate(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string' },
      minutes: { type: 'string' },
      histories: { type: 'string' },
      replay: { type: 'string' },
      exhaustive: { type: 'boolean' },
      states: { type: 'string' },
      only: { type: 'string' },
      help: { type: 'boolean' },
    },
  })
  if (values.help === true) {
    console.log(USAGE)
    return 0
  }
  if (values.replay !== undefined)
    return report(await replay(JSON.parse(readFileSync(values.replay, 'utf8')) as Counterexample))
  if (values.exhaustive === true)
    return await exploreAll(numberOf(values.states, 'states') ?? 20_000, values.only ?? '')
  const clock = createRuntime()
  const first = numberOf(values.seed, 'seed') ?? clock.now() % 1_000_000_000
  const most = numberOf(values.histories, 'histories') ?? Number.POSITIVE_INFINITY
  const minutes = numberOf(values.minutes, 'minutes') ?? (most === Number.POSITIVE_INFINITY ? 1 : most)
  const endMs = clock.monotonicMs() + minutes * 60_000
  let decisions = 0
  let seed = first
  for (; seed - first < most && clock.monotonicMs() < endMs; seed++) {
    const { workload, decide } = randomWorkload(seed)
    const result = await run(workload, decide)
    decisions += result.decisions.length
    if (result.violation !== null) return await explain(seed, { workload, decisions: result.decisions }, result)
  }
  console.log(`Seeds ${first} to ${seed - 1}: ${seed - first} histories, ${decisions} decisions, nothing went wrong.`)
  return 0
}

/** Explores the scenarios one after the other, and says how far it came. */
async function exploreAll(maxStates: number, only: string): Promise<number> {
  let total = 0
  for (const scenario of SCENARIOS.filter(({ name }) => name.includes(only))) {
    const { states, histories, complete, violation, trace } = await explore(scenario, { maxStates, auditEvery: 10 })
    total += states
    console.log(`${scenario.name}: ${states} states, ${histories} histories${complete ? '' : ', not all'}`)
    if (violation === null) continue
    console.log(`${trace.join('\n')}\n\n${violation.message}`)
    return 1
  }
  console.log(`${total} states, nothing went wrong.`)
  return 0
}

function numberOf(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined
  const number = Number(text)
  if (!(number >= 0)) throw new RangeError(`--${name} takes a number from 0.`)
  return number
}

async function explain(seed: number, found: Counterexample, result: RunResult): Promise<number> {
  const message = result.violation?.message ?? ''
  console.log(`Seed ${seed} goes wrong: ${message}\n\nMaking it smaller …`)
  const small = await shrink(found, message, SHRINKING_BUDGET)
  const file = `counterexample-${seed}.json`
  writeFileSync(file, JSON.stringify(small))
  console.log(`Run it again with --replay ${file}\n`)
  return report(await replay(small))
}

function report({ trace, violation }: RunResult): number {
  console.log(trace.join('\n'))
  console.log(violation === null ? '\nNothing went wrong.' : `\n${violation.message}`)
  return violation === null ? 0 : 1
}

process.exitCode = await simulate(process.argv.slice(2))
