import { createMemoryWitness } from '@vaultdb/core'
import type { Attack, Case, Result } from './attack.ts'
import { noWork, type Work } from './attack-runtime.ts'
import type { Ledger } from './ledger.ts'
import { type Stage, stageOf } from './stage.ts'
import { newVictim, Victim } from './victim.ts'
import { type Files, World } from './world.ts'

/** What came of an attack. */
export interface AttackReport {
  readonly attack: Attack
  readonly cases: number
  /** How many cases had which result. */
  readonly results: ReadonlyMap<Result, number>
  /** Cases that had a result which is not expected, or a client that did not recover; and results that no case had. */
  readonly surprises: readonly string[]
}

interface Verdict {
  readonly result: Result
  readonly detail: string
}

/** In a bulk, every so many cases are followed to the recovery. */
const RECOVERY_EVERY = 500

/** What a victim may be made to spend in one case. */
const LIMITS: Work = {
  kdfCalls: 8,
  /** All slots together, tried once. */
  kdfKiB: 2 ** 22,
  /** Some tens of readings of small files. */
  aesBytes: 2 ** 22,
  inflateBytes: 2 ** 22,
}

/** A document in each shard. */
const targetsOf = (stage: Stage): readonly string[] => [...stage.inside.values()]

/** The document to update when an attack on a file is to meet it. */
function targetOf({ place }: Attack, stage: Stage): string {
  const key = place === 'another shard' ? stage.others[0] : 'shards/0'
  return stage.inside.get(key as string) as string
}

/** What a victim does once the adversary has acted. */
async function goOn({ inTask, brief }: Attack, victim: Victim, targets: readonly string[]): Promise<void> {
  if (inTask === true) await victim.readInTask()
  if (brief === true) await victim.readAll()
  else await victim.doEverything(targets)
}

/** Brings a victim to the moment of the attack, has it strike, and has the victim go on. */
async function play(
  attack: Attack,
  stage: Stage,
  world: World,
  strikeWith: (ledger: Ledger) => Promise<void>,
): Promise<Victim> {
  const { moment } = attack
  const targets = targetsOf(stage)
  const witness = moment === 'reopened' ? createMemoryWitness() : null
  const documents = moment === 'creating' ? new Map<string, unknown>() : stage.documents
  const credentials = attack.intruder === undefined ? stage.credentials : { password: attack.intruder }
  const victim = newVictim(world, credentials, documents, { seed: 11, witness, timeoutMs: attack.timeoutMs })
  const strike = (): Promise<void> => {
    Object.assign(victim.work, noWork())
    return strikeWith(victim.ledger)
  }
  if (moment === 'creating') {
    world.onWritten = once((key) => key === 'vault', strike)
    if (await victim.create()) await victim.doEverything([])
    return victim
  }
  if (moment === 'opening') await strike()
  if (!(await victim.open())) return victim
  if (attack.intruder !== undefined) {
    victim.meet('believed', 'A password that was replaced opens the vault.')
    return victim
  }
  if (moment === 'opening') {
    await goOn(attack, victim, targets)
    return victim
  }
  await victim.lookAround(targetOf(attack, stage))
  if (moment === 'updating') {
    await victim.update(targetOf(attack, stage), strike)
    await goOn(attack, victim, targets)
    return victim
  }
  if (moment === 'splitting') {
    const known = new Set(world.files.keys())
    world.onWritten = once((key) => !known.has(key), strike)
    await victim.putMany(20)
  } else if (moment === 'reopened') {
    await victim.close()
    await strike()
    if (!(await victim.open())) return victim
  } else await strike()
  await goOn(attack, victim, targets)
  return victim
}

function once(matches: (key: string) => boolean, act: () => Promise<void>): (key: string) => Promise<void> {
  let done = false
  return async (key) => {
    if (done || !matches(key)) return
    done = true
    await act()
  }
}

function excess({ limits }: Attack, { work }: Victim): Verdict | null {
  for (const [name, limit] of Object.entries({ ...LIMITS, ...limits }) as [keyof Work, number][]) {
    if (work[name] > limit) return { result: 'excess', detail: `${name}: ${work[name]}` }
  }
  return null
}

/** Who met nothing has still been deceived if what was acknowledged cannot be read in the store as it is now. */
async function audited(met: Verdict, stage: Stage, world: World, victim: Victim): Promise<Verdict> {
  if (met.result !== 'unharmed' && met.result !== 'listed by check') return met
  const auditor = new Victim(world, stage.credentials, victim.ledger, { seed: 13 })
  if (await auditor.open()) await auditor.readAll()
  const { result, detail } = auditor.takeStock()
  return result === 'unharmed' ? met : { result: 'believed', detail: `What was acknowledged: ${result}, ${detail}` }
}

/** What the adversary took over: the files, and what was acknowledged until then. */
interface Taken {
  readonly files: Files
  readonly ledger: Ledger
}

/** Once the store is honest, who should work must work. */
async function recover(
  { recovery }: Attack,
  stage: Stage,
  world: World,
  victim: Victim,
  taken: Taken,
): Promise<Verdict | null> {
  world.relent()
  if (recovery === 'everybody') {
    if (victim.isOpen || (await victim.open())) await victim.lookAround(targetsOf(stage)[0])
    const { result, detail } = victim.takeStock()
    if (result !== 'unharmed') return { result: 'stuck', detail: `The victim afterwards: ${result}, ${detail}` }
  }
  await victim.close()
  victim.takeStock()
  if (recovery === 'nobody') return null
  // Who was shown another history has written in that one; what is true is what was there before.
  if (recovery === 'new clients') world.become(taken.files)
  const ledger = recovery === 'new clients' ? taken.ledger : victim.ledger
  const next = new Victim(world, stage.credentials, ledger, { seed: 12 })
  if (await next.open()) await next.lookAround(targetsOf(stage).at(-1))
  await next.close()
  const { result, detail } = next.takeStock()
  return result === 'unharmed' ? null : { result: 'stuck', detail: `A new client afterwards: ${result}, ${detail}` }
}

async function runCase(attack: Attack, stage: Stage, { strike }: Case): Promise<Verdict> {
  const world = new World(attack.moment === 'creating' ? new Map() : stage.files)
  let taken: Taken | null = null
  const victim = await play(attack, stage, world, async (ledger) => {
    taken = { files: world.files, ledger: ledger.copy() }
    await strike(world, ledger)
  })
  if (taken === null) return { result: 'stuck', detail: 'The moment of the attack never came.' }
  const met = await audited(victim.takeStock(), stage, world, victim)
  const verdict = excess(attack, victim) ?? met
  return (await recover(attack, stage, world, victim, taken)) ?? verdict
}

/** One victim for all cases: it has everything read, and reads it again while each case lasts. */
async function* runBulk(attack: Attack, stage: Stage): AsyncGenerator<readonly [Case, Verdict]> {
  const world = new World(stage.files)
  const standing = newVictim(world, stage.credentials, stage.documents, { seed: 11 })
  if (attack.moment === 'opened') {
    await standing.open()
    await standing.readAll()
  }
  let count = 0
  for (const each of attack.cases(stage)) {
    world.begin()
    await each.strike(world, standing.ledger)
    const opening = attack.moment === 'opening'
    const victim = opening ? new Victim(world, stage.credentials, standing.ledger, { seed: 11 }) : standing
    if (!opening || (await victim.open())) await victim.readAll()
    const verdict = victim.takeStock()
    world.relent()
    const taken = { files: world.files, ledger: victim.ledger }
    const follow = count++ % RECOVERY_EVERY === 0
    if (follow && !opening) await victim.readAll()
    const after = victim.takeStock()
    const failed =
      after.result !== 'unharmed' || (follow && opening && (await recover(attack, stage, world, victim, taken)))
    yield [each, failed ? { result: 'stuck', detail: after.detail } : verdict]
  }
}

/** Runs all cases of an attack. The same attack has the same results each time. */
export async function runAttack(attack: Attack): Promise<AttackReport> {
  const stage = await stageOf(attack.vault)
  const results = new Map<Result, number>()
  const surprises: string[] = []
  let cases = 0
  const note = ({ name }: Case, { result, detail }: Verdict): void => {
    cases++
    results.set(result, (results.get(result) ?? 0) + 1)
    if (!attack.expected.includes(result)) surprises.push(`${name}: ${result}. ${detail}`)
  }
  if (attack.bulk) for await (const [each, verdict] of runBulk(attack, stage)) note(each, verdict)
  else for (const each of attack.cases(stage)) note(each, await runCase(attack, stage, each))
  for (const expected of attack.expected) {
    if (!results.has(expected)) surprises.push(`No case ended with ${expected}.`)
  }
  return { attack, cases, results, surprises }
}
