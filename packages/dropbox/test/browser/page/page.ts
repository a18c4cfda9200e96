import type { TrialReport } from '../../../../core/test/support/trials.ts'
import { type Place, runTrials } from './trials.ts'

function inWorker(place: Place): Promise<TrialReport[]> {
  const worker = new Worker('/worker.js', { type: 'module' })
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<TrialReport[]>) => resolve(data)
    worker.onerror = ({ message }) => reject(new Error(message))
    worker.postMessage(place)
  })
}

Object.assign(globalThis, { inPage: runTrials, inWorker })
