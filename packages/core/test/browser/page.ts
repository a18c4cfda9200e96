import { runTrials, type TrialReport } from './trials.ts'

/** What the page offers to the test that drives it. */
export interface Driver {
  runHere(): Promise<TrialReport[]>
  runInWorker(): Promise<TrialReport[]>
  /** Whether the page's policy let the page's own script make code from text. */
  readonly allowsEval: boolean
}

function runInWorker(): Promise<TrialReport[]> {
  return new Promise((resolve, reject) => {
    const worker = new Worker('/worker.js', { type: 'module' })
    worker.onmessage = ({ data }: MessageEvent<TrialReport[]>) => resolve(data)
    worker.onerror = (event) => reject(new Error(`The worker failed: ${event.message}`))
  })
}

function allowsEval(): boolean {
  try {
    Reflect.construct(Function, ['return 1'])
    return true
  } catch {
    return false
  }
}

// Asked here and not when the test calls: what a driver evaluates is exempt from the policy.
const driver: Driver = { runHere: runTrials, runInWorker, allowsEval: allowsEval() }
Object.assign(globalThis, { driver })
