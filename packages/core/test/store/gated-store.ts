import { type BlobStore, createMemoryStore } from '../../src/index.ts'
import { decorate } from '../../src/store/decorators/decorate.ts'

/** How a request that waits is answered. */
type Answer = 'pass' | Error

/** A memory store whose requests wait until the test answers them, in the order in which they were sent or in any other. */
export interface GatedStore extends BlobStore {
  /** Those that wait, as `read vault`. */
  readonly waiting: readonly string[]
  /** All that were sent. */
  readonly sent: readonly string[]
  /** Answers the request at `index` of those that wait. */
  answer(how?: Answer, index?: number): Promise<void>
}

export function gatedStore(memory: BlobStore = createMemoryStore()): GatedStore {
  const gates: { readonly name: string; readonly open: (how: Answer) => void }[] = []
  const sent: string[] = []
  const gate = (name: string): Promise<void> =>
    new Promise((resolve, reject) => {
      sent.push(name)
      gates.push({ name, open: (how) => (how === 'pass' ? resolve() : reject(how)) })
    })
  const store = decorate(memory, {
    read: (key, options) => gate(`read ${key}`).then(() => memory.read(key, options)),
    write: (key, data, expected, options) =>
      gate(`write ${key}`).then(() => memory.write(key, data, expected, options)),
    delete: (key, expected, options) => gate(`delete ${key}`).then(() => memory.delete(key, expected, options)),
    async *list(prefix, options) {
      await gate(`list ${prefix}`)
      yield* memory.list(prefix, options)
    },
  })
  return {
    ...store,
    sent,
    get waiting() {
      return gates.map(({ name }) => name)
    },
    async answer(how = 'pass', index = 0) {
      const [gated] = gates.splice(index, 1)
      if (gated === undefined) throw new Error('No request waits.')
      gated.open(how)
      await settled()
    },
  }
}

/** Lets everything happen that waits for no gate and no timer. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
