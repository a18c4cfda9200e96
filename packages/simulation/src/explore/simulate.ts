import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { isMainThread, parentPort } from 'node:worker_threads'
import { createRuntime } from '@vaultdb/core'
import { type Failure, type Job, type JobResult, perform } from './jobs.ts'
import type { RunResult } from './random-run.ts'
import { SCENARIOS } from './scenarios/index.ts'
import { type Counterexample, replay, shrink } from './shrink.ts'
import { performAll } from './workers.ts'

const USAGE = `Random histories of real clients over a store that fails in every way it may.

  --seed S          first seed (default: from the clock)
  --minutes M       how long to go on (default 1)
  --histories N     or how many histories to run
  --workers N       threads (default 1)
  --replay FILE     run one recorded history again and print it
  --exhaustive      instead, every interleaving of the small scenarios
  --states N        at most so many states of each (default 20,000)
  --only TEXT       only scenarios whose name holds this
`

/** Histories that shrinking a counterexample may try. */
const SHRINKING_BUDGET = 2_000

/** Histories that a thread runs before it asks for more: about a second. */
const HISTORIES_A_JOB = 50

/** Runs histories or scenarios until time or number is up, or one goes wrong; resolves to the process's exit code. */
async function simulate(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string' },
      minutes: { type: 'string' },
      histories: { type: 'string' },
      workers: { type: 'string' },
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
  const workers = numberOf(values.workers, 'workers') ?? 1
  const jobs =
    values.exhaustive === true
      ? scenarioJobs(numberOf(values.states, 'states') ?? 20_000, values.only ?? '')
      : historyJobs(
          numberOf(values.seed, 'seed'),
          numberOf(values.histories, 'histories'),
          numberOf(values.minutes, 'minutes'),
        )
  return await campaign(jobs, workers)
}

function* scenarioJobs(maxStates: number, only: string): Generator<Job> {
  for (const { name } of SCENARIOS) if (name.includes(only)) yield { kind: 'scenario', name, maxStates }
}

function* historyJobs(seed?: number, histories?: number, minutes?: number): Generator<Job> {
  const clock = createRuntime()
  const most = histories ?? Number.POSITIVE_INFINITY
  const endMs = clock.monotonicMs() + (minutes ?? (histories === undefined ? 1 : Number.POSITIVE_INFINITY)) * 60_000
  const first = seed ?? clock.now() % 1_000_000_000
  console.log(`From seed ${first} on.`)
  for (let done = 0; done < most && clock.monotonicMs() < endMs; done += HISTORIES_A_JOB) {
    yield { kind: 'histories', firstSeed: first + done, count: Math.min(HISTORIES_A_JOB, most - done) }
  }
}

async function campaign(jobs: Iterator<Job>, workers: number): Promise<number> {
  const total = { histories: 0, decisions: 0, states: 0, crashes: 0 }
  const failures: Failure[] = []
  const add = (result: JobResult): void => {
    total.histories += result.histories
    total.decisions += result.decisions
    total.states += result.states
    total.crashes += result.crashes
    if (result.report !== null) console.log(result.report)
    if (result.failure !== null) failures.push(result.failure)
  }
  await performAll(jobs, { threads: workers, program: new URL(import.meta.url) }, add) // the threads run this file, too
  const { histories, decisions, states, crashes } = total
  const [failure] = failures
  console.log(
    states > 0
      ? `${states} states, ${crashes} of them with all clients dead; ${histories} histories to their ends`
      : `${histories} histories, ${decisions} decisions`,
  )
  if (failure !== undefined) return await explain(failure)
  console.log('Nothing went wrong.')
  return 0
}

function numberOf(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined
  const number = Number(text)
  if (!(number >= 0)) throw new RangeError(`--${name} takes a number from 0.`)
  return number
}

async function explain({ seed, message, trace, counterexample }: Failure): Promise<number> {
  if (counterexample === null) {
    console.log(`${trace.join('\n')}\n\n${message}`)
    return 1
  }
  console.log(`Seed ${seed} goes wrong: ${message}\n\nMaking it smaller …`)
  const small = await shrink(counterexample, message, SHRINKING_BUDGET)
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

if (isMainThread) process.exitCode = await simulate(process.argv.slice(2))
else parentPort?.on('message', async (job: Job) => parentPort?.postMessage(await perform(job)))
