import { answer } from './requests.ts'

/** TypeScript has the types of service workers in a library that contradicts the one of pages. */
interface ExtendableEvent {
  waitUntil(work: Promise<unknown>): void
}

addEventListener('message', (event) => {
  // Without it the worker may be stopped before it has answered.
  ;(event as unknown as ExtendableEvent).waitUntil(answer(event))
})
