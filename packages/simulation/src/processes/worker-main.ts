import { type WorkerInput, work } from './worker.ts'

await work(JSON.parse(process.argv[2] ?? '') as WorkerInput)
