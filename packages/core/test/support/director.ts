import { setImmediate } from 'node:timers/promises'
import type { BlobStore } from '@vaultdb/core'
import { createTestRuntime, type TestRuntime } from './runtime.ts'

/**
 * Decides in which order things happen that nobody has ordered: requests reach the store, answers reach their clients and
 * waits end one at a time, each time the one that `choose` picks out of `count`.
 */
export class Director {
  readonly #choose: (count: number) => number
  readonly #waiting: (() => void)[] = []

  constructor(choose: (count: number) => number) {
    this.#choose = choose
  }

  /** Resolves when it is picked. */
  turn(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
    })
  }

  /** The store at the far end of a network: each request, and each answer, takes a turn. */
  over(store: BlobStore): BlobStore {
    const travel = async <T>(send: () => Promise<T>): Promise<T> => {
      await this.turn()
      const [answer] = await Promise.allSettled([send()])
      await this.turn()
      if (answer.status === 'rejected') throw answer.reason
      return answer.value
    }
    return {
      name: store.name,
      capabilities: store.capabilities,
      read: (key, options) => travel(() => store.read(key, options)),
      write: (key, data, expected) => travel(() => store.write(key, data, expected)),
      delete: (key, expected) => travel(() => store.delete(key, expected)),
      list: (prefix, options) => store.list(prefix, options),
    }
  }

  /** A runtime whose waits end when they are picked. */
  runtime(seed: number): TestRuntime {
    const runtime = createTestRuntime(seed)
    const sleep = runtime.sleep.bind(runtime)
    return {
      ...runtime,
      sleep: async (ms, signal) => {
        await this.turn()
        await sleep(ms, signal)
      },
    }
  }

  /** Gives turns until `work` is settled. An error if it then waits for something that will never happen. */
  async run<T>(work: Promise<T>): Promise<T> {
    let over = false
    const ended = (): void => {
      over = true
    }
    work.then(ended, ended)
    for (;;) {
      await setImmediate() // whatever can go on without a turn has gone on
      if (over) return await work
      if (this.#waiting.length === 0) throw new Error('The work hangs: it waits, and no request or pause is under way.')
      const [next] = this.#waiting.splice(this.#choose(this.#waiting.length) % this.#waiting.length, 1)
      next?.()
    }
  }

  /** Gives turns until nobody waits for one. */
  async drain(): Promise<void> {
    for (;;) {
      await setImmediate()
      const [next] = this.#waiting.splice(0, 1)
      if (next === undefined) return
      next()
    }
  }
}
