import { rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { inputAt } from '../../src/fuzz/fuzz.ts'
import { kindOfFault, shorten } from '../../src/fuzz/shorten.ts'
import type { FuzzTarget } from '../../src/fuzz/target.ts'
import { bundleFuzzing } from './bundle.ts'
import { prepareTargets } from './targets/index.ts'
import { WatchedWorker } from './watched-worker.ts'

const USAGE = `Gives every parser inputs that somebody made up.

  --inputs N        how many, among all targets (default 1,000,000)
  --minutes M       or until the time is up
  --seed S          another seed makes other inputs (default 1)
  --only TARGET     only targets whose name holds this
  --replay BASE64   give one input to the target that --only names
  --list            name the targets

A failure is shortened and printed with what repeats it.
`

/** Inputs of a target of weight 1 in one round. */
const ROUND = 250
/** Longer than the slowest input takes on a busy machine. */
const PATIENCE_MS = 20_000
/** Inputs that shortening a failure may try; fewer where each of them is waited for in vain. */
const BUDGET = { fault: 3_000, stuck: 40 } as const
const STUCK_MS = 3_000

interface Tally {
  readonly target: FuzzTarget
  readonly wanted: number
  inputs: number
  ms: number
  slowest: { index: number; ms: number }
  readonly outcomes: Map<string, number>
  failed: boolean
}

/** Runs what the arguments say; resolves to the exit status. */
export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      inputs: { type: 'string' },
      minutes: { type: 'string' },
      seed: { type: 'string' },
      only: { type: 'string' },
      replay: { type: 'string' },
      list: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  })
  if (values.help === true) {
    console.log(USAGE)
    return 0
  }
  const all = await prepareTargets()
  const exact = all.filter(({ name }) => name === values.only)
  const targets = exact.length > 0 ? exact : all.filter(({ name }) => name.includes(values.only ?? ''))
  if (values.list === true) console.log(targets.map(({ name }) => name).join('\n'))
  if (targets.length === 0) throw new RangeError(`No target is called like ${values.only}; --list names them.`)
  if (values.list === true) return 0
  const module = await bundleFuzzing()
  try {
    if (values.replay !== undefined) return await replay(module, targets, values.replay)
    const minutes = numberOf(values.minutes, 'minutes')
    const inputs = numberOf(values.inputs, 'inputs') ?? (minutes === undefined ? 1_000_000 : Number.POSITIVE_INFINITY)
    const endMs = minutes === undefined ? Number.POSITIVE_INFINITY : performance.now() + minutes * 60_000
    return await run(module, targets, { seed: numberOf(values.seed, 'seed') ?? 1, inputs, endMs })
  } finally {
    await rm(dirname(fileURLToPath(module)), { recursive: true, force: true })
  }
}

function numberOf(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined
  const number = Number(text)
  if (!(number >= 0)) throw new RangeError(`--${name} takes a number from 0.`)
  return number
}

interface Plan {
  readonly seed: number
  readonly inputs: number
  readonly endMs: number
}

async function run(module: URL, targets: readonly FuzzTarget[], plan: Plan): Promise<number> {
  const weights = targets.reduce((sum, { weight }) => sum + weight, 0)
  const tallies = targets.map(
    (target): Tally => ({
      target,
      wanted: Math.ceil((plan.inputs * target.weight) / weights),
      inputs: 0,
      ms: 0,
      slowest: { index: 0, ms: 0 },
      outcomes: new Map(),
      failed: false,
    }),
  )
  const worker = new WatchedWorker(module, PATIENCE_MS)
  const isOpen = (tally: Tally): boolean =>
    !tally.failed && tally.inputs < tally.wanted && performance.now() < plan.endMs
  while (tallies.some(isOpen))
    for (const tally of tallies) if (isOpen(tally)) await advance(module, worker, tally, plan)
  await worker.close()
  for (const { target, inputs, ms, slowest, outcomes } of tallies) {
    const ends = [...outcomes].sort(([, a], [, b]) => b - a).map(([outcome, count]) => `${outcome} ${count}`)
    const pace = `${(ms / 1000).toFixed(1)} s, slowest ${slowest.ms.toFixed(0)} ms (#${slowest.index})`
    console.log(`${target.name}: ${inputs} inputs, ${pace}: ${ends.join(', ')}`)
  }
  const failed = tallies.filter((tally) => tally.failed).length
  const total = tallies.reduce((sum, { inputs }) => sum + inputs, 0)
  console.log(
    `Seed ${plan.seed}: ${total} inputs, ${failed === 0 ? 'nothing went wrong' : `${failed} targets went wrong`}.`,
  )
  return failed === 0 ? 0 : 1
}

/** One round of one target. */
async function advance(module: URL, worker: WatchedWorker, tally: Tally, { seed }: Plan): Promise<void> {
  const { target, inputs: from } = tally
  const count = Math.min(ROUND * target.weight, tally.wanted - from)
  const startMs = performance.now()
  const outcome = await worker.run({ kind: 'range', target: target.name, seed, from, count })
  tally.ms += performance.now() - startMs
  if (outcome.kind !== 'answered') {
    tally.inputs = outcome.index + 1
    tally.failed = true
    await explain(module, target, { seed, index: outcome.index, message: outcome.reason, isStuck: true })
    return
  }
  const { result } = outcome
  tally.inputs += result.inputs
  if (result.slowest.ms > tally.slowest.ms) tally.slowest = result.slowest
  for (const [name, number] of result.outcomes) tally.outcomes.set(name, (tally.outcomes.get(name) ?? 0) + number)
  if (result.failure === null) return
  tally.failed = true
  const { index, message } = result.failure
  await explain(module, target, { seed, index, message, isStuck: false })
}

interface Fault {
  readonly seed: number
  readonly index: number
  readonly message: string
  /** It does not come back, or its thread died: every try has to be waited for. */
  readonly isStuck: boolean
}

async function explain(module: URL, target: FuzzTarget, { seed, index, message, isStuck }: Fault): Promise<void> {
  console.log(`\n${target.name} goes wrong (seed ${seed}, input ${index}): ${message}\nMaking it smaller …`)
  const worker = new WatchedWorker(module, isStuck ? STUCK_MS : PATIENCE_MS)
  const goesWrong = async (input: Uint8Array): Promise<boolean> => {
    const outcome = await worker.run({ kind: 'one', target: target.name, input })
    if (isStuck || outcome.kind !== 'answered') return isStuck && outcome.kind !== 'answered'
    const { failure } = outcome.result
    return failure !== null && kindOfFault(failure.message) === kindOfFault(message)
  }
  const found = inputAt(target, seed, index)
  const small = await shorten(found, goesWrong, isStuck ? BUDGET.stuck : BUDGET.fault)
  await worker.close()
  const text = new TextDecoder().decode(small.subarray(0, 2_000))
  console.log(`${found.length} bytes, shortened to ${small.length}: ${JSON.stringify(text)}`)
  console.log(`npm run fuzz -- --only ${target.name} --replay ${Buffer.from(small).toString('base64') || "''"}\n`)
}

async function replay(module: URL, targets: readonly FuzzTarget[], base64: string): Promise<number> {
  const [target, another] = targets
  if (target === undefined || another !== undefined)
    throw new RangeError('--replay needs the name of one target in --only.')
  const worker = new WatchedWorker(module, PATIENCE_MS)
  const input = new Uint8Array(Buffer.from(base64, 'base64'))
  const outcome = await worker.run({ kind: 'one', target: target.name, input })
  await worker.close()
  const message = outcome.kind === 'answered' ? (outcome.result.failure?.message ?? null) : outcome.reason
  console.log(message === null ? 'Nothing goes wrong.' : `${target.name} goes wrong: ${message}`)
  return message === null ? 0 : 1
}
