import { runTrials } from './trials.ts'

postMessage(await runTrials())
