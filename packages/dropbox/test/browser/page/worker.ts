import { type Place, runTrials } from './trials.ts'

async function answer({ data }: MessageEvent<Place>): Promise<void> {
  postMessage(await runTrials(data))
}

addEventListener('message', (message) => void answer(message))
