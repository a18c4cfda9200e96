import { type Decision, decideAgain, type RunResult, run } from './random-run.ts'
import type { Batch, DocumentStep, Step, TaskStep } from './steps.ts'
import type { Script, Workload } from './workload.ts'

/** A history that goes wrong whenever it is run. JSON. */
export interface Counterexample {
  readonly workload: Workload
  readonly decisions: readonly Decision[]
}

/** Runs a recorded history again. */
export function replay({ workload, decisions }: Counterexample): Promise<RunResult> {
  return run(workload, decideAgain(decisions))
}

/**
 * Makes a counterexample smaller, step by step, for as long as it still goes wrong in the same way: fewer clients and
 * operations, fewer faults, decisions nearer to the plainest. Tries at most `budget` histories.
 */
export async function shrink(found: Counterexample, message: string, budget: number): Promise<Counterexample> {
  const kind = kindOf(message)
  let left = budget
  let best = found
  const accept = async (candidate: Counterexample): Promise<boolean> => {
    if (left-- <= 0) return false
    const { violation, decisions } = await replay(candidate)
    if (violation === null || kindOf(violation.message) !== kind) return false
    best = { workload: candidate.workload, decisions }
    return true
  }
  for (let smaller = true; smaller && left > 0; ) {
    smaller = false
    for (const workload of smallerWorkloads(best.workload)) {
      if (!(await accept({ workload, decisions: best.decisions }))) continue
      smaller = true
      break
    }
    if (!smaller) smaller = await shrinkDecisions(() => best, accept)
  }
  return best
}

/** Cuts pieces out of the decisions and turns faults into successes; true if anything was accepted. */
async function shrinkDecisions(
  best: () => Counterexample,
  accept: (candidate: Counterexample) => Promise<boolean>,
): Promise<boolean> {
  const before = weight(best())
  for (let size = best().decisions.length >> 1; size >= 1; size >>= 1) {
    for (let at = 0; at < best().decisions.length; at += size) {
      const { workload, decisions } = best()
      await accept({ workload, decisions: [...decisions.slice(0, at), ...decisions.slice(at + size)] })
    }
  }
  for (let at = 0; at < best().decisions.length; at++) {
    const { workload, decisions } = best()
    const [index, outcome] = decisions[at] as Decision
    if (outcome !== 'done') await accept({ workload, decisions: decisions.with(at, [index, 'done']) })
    else if (index > 0) await accept({ workload, decisions: decisions.with(at, [0, 'done']) })
  }
  return weight(best()) < before
}

function weight({ decisions }: Counterexample): number {
  return decisions.reduce((sum, [index, outcome]) => sum + 1 + (outcome === 'done' ? 0 : 1) + (index > 0 ? 0.01 : 0), 0)
}

/** The kind of a violation: its message without what is particular to one history. */
function kindOf(message: string): string {
  return message.slice(0, 60).replace(/[/\d].*/s, '')
}

function* smallerWorkloads(workload: Workload): Generator<Workload> {
  const { scripts } = workload
  for (const [at, script] of scripts.entries()) {
    if (scripts.length > 1) yield { ...workload, scripts: scripts.toSpliced(at, 1) }
    for (const smaller of smallerScripts(script)) yield { ...workload, scripts: scripts.with(at, smaller) }
  }
}

function* smallerScripts(script: Script): Generator<Script> {
  if (script.diesAt !== null) yield { ...script, diesAt: null }
  if (script.bornAt > 0) yield { ...script, bornAt: 0 }
  if (script.opening !== 'open-or-create') yield { ...script, opening: 'open-or-create' }
  if (script.device !== null) yield { ...script, device: null }
  if (script.maxAgeMs > 0) yield { ...script, maxAgeMs: 0 }
  const { batches } = script
  for (const [at, batch] of batches.entries()) {
    yield { ...script, batches: batches.toSpliced(at, 1) }
    for (const smaller of smallerBatches(batch)) yield { ...script, batches: batches.with(at, smaller) }
  }
}

function* smallerBatches(batch: Batch): Generator<Batch> {
  for (const [at, step] of batch.entries()) {
    if (batch.length > 1) yield batch.toSpliced(at, 1)
    if (step.kind === 'sequence') {
      for (const gone of step.steps.keys()) yield batch.with(at, { ...step, steps: step.steps.toSpliced(gone, 1) })
    } else for (const smaller of smallerSteps(step)) yield batch.with(at, smaller)
  }
}

function* smallerSteps(step: Step): Generator<Step> {
  switch (step.kind) {
    case 'pause':
    case 'close':
      return
    case 'task':
      return yield* smallerTasks(step)
    case 'change-password':
      if (step.abortable) yield { kind: 'change-password' }
      return
    default:
      yield* smallerDocumentSteps(step)
  }
}

function* smallerTasks(task: TaskStep): Generator<Step> {
  const { batches, left } = task
  yield* [...batches.flat(), ...left] // without the task around it
  if (task.abortable) yield { ...task, abortable: false }
  if (task.preload) yield { ...task, preload: false }
  for (const at of left.keys()) yield { ...task, left: left.toSpliced(at, 1) }
  for (const [at, batch] of batches.entries()) {
    yield { ...task, batches: batches.toSpliced(at, 1) }
    if (batch.length > 1)
      for (const gone of batch.keys()) yield { ...task, batches: batches.with(at, batch.toSpliced(gone, 1)) }
  }
}

function* smallerDocumentSteps(step: DocumentStep): Generator<DocumentStep> {
  if (step.abortable) yield { ...step, abortable: false }
  if ('maxAgeMs' in step && step.maxAgeMs !== 0) yield { ...step, maxAgeMs: 0 }
  if (step.kind !== 'write') return
  for (const at of step.put.keys()) yield { ...step, put: step.put.toSpliced(at, 1) }
  for (const at of step.remove.keys()) yield { ...step, remove: step.remove.toSpliced(at, 1) }
}
