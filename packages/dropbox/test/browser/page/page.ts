import { type Place, runTrials, type TrialReport } from './trials.ts'

function inWorker(place: Place): Promise<TrialReport[]> {
  const worker = new Worker('/worker.js', { type: 'module' })
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<TrialReport[]>) => resolve(data)
    worker.onerror = ({ message }) => reject(new Error(message))
    worker.postMessage(place)
  })
}

Object.assign(globalThis, { inPage: runTrials, inWorker })
