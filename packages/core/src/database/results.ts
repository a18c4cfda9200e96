import type { AsyncResults } from './types.ts'

/** Results that are fetched when somebody begins to iterate, anew for each iteration. */
export function asyncResults<T>(fetch: () => Promise<Iterable<T>>): AsyncResults<T> {
  return {
    async *[Symbol.asyncIterator]() {
      yield* await fetch()
    },
    toArray: async () => [...(await fetch())],
  }
}
