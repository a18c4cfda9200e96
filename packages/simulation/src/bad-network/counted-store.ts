import { createHash } from 'node:crypto'
import { type BlobStore, errorCode } from '@vaultdb/core'

/** What was asked of stores, and what is still under way. */
export class Calls {
  read = 0
  write = 0
  delete = 0
  list = 0
  conflicts = 0
  underWay = 0
  /** Writes that were sent again though the answer was known: only after a failure nobody knows what became of one. */
  needless = 0
  /** Whether a write has failed so far without a definite answer. No two writes have the same bytes. */
  readonly #hasFailed = new Map<string, boolean>()

  get requests(): number {
    return this.read + this.write + this.delete + this.list
  }

  async count<T>(kind: 'read' | 'write' | 'delete', send: () => Promise<T>): Promise<T> {
    this[kind]++
    this.underWay++
    try {
      return await send()
    } catch (error) {
      if (errorCode(error) === 'ERR_CONFLICT') this.conflicts++
      throw error
    } finally {
      this.underWay--
    }
  }

  async countWrite<T>(key: string, data: Uint8Array, send: () => Promise<T>): Promise<T> {
    const write = `${key} ${createHash('sha256').update(data).digest('hex')}`
    const hasFailed = this.#hasFailed.get(write)
    if (hasFailed === false) this.needless++
    try {
      const answer = await this.count('write', send)
      this.#hasFailed.set(write, false)
      return answer
    } catch (error) {
      this.#hasFailed.set(write, hasFailed === true || errorCode(error) !== 'ERR_CONFLICT')
      throw error
    }
  }
}

/** A store whose calls are counted together with those of other stores. */
export function withCalls(store: BlobStore, calls: Calls): BlobStore {
  return {
    get name() {
      return store.name
    },
    get capabilities() {
      return store.capabilities
    },
    read: (key, options) => calls.count('read', () => store.read(key, options)),
    write: (key, data, expected, options) =>
      calls.countWrite(key, data, () => store.write(key, data, expected, options)),
    delete: (key, expected, options) => calls.count('delete', () => store.delete(key, expected, options)),
    list(prefix, options) {
      calls.list++
      return store.list(prefix, options)
    },
    close: async () => store.close?.(),
  }
}
