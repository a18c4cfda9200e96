import { Worker } from 'node:worker_threads'
import { type Job, type JobResult, perform } from './jobs.ts'

/** Hands out jobs as long as there are any, to so many threads that run `program`; stops at the first failure. */
export async function performAll(
  jobs: Iterator<Job>,
  { threads, program }: { readonly threads: number; readonly program: URL },
  onResult: (result: JobResult) => void,
): Promise<void> {
  let isOver = false
  const serve = async (work: (job: Job) => Promise<JobResult>): Promise<void> => {
    for (let next = jobs.next(); !isOver && next.done !== true; next = jobs.next()) {
      const result = await work(next.value)
      if (isOver) return
      if (result.failure !== null) isOver = true
      onResult(result)
    }
  }
  if (threads <= 1) return await serve(perform)
  const workers = Array.from({ length: threads }, () => new Worker(program))
  try {
    await Promise.race([
      Promise.all(workers.map((worker) => serve((job) => ask(worker, job)))),
      ...workers.map((worker) => new Promise<void>((_resolve, reject) => worker.once('error', reject))),
    ])
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
}

function ask(worker: Worker, job: Job): Promise<JobResult> {
  return new Promise((resolve) => {
    worker.once('message', (result: JobResult) => resolve(result))
    worker.postMessage(job)
  })
}
