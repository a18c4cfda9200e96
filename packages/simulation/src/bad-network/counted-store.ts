import { type BlobStore, errorCode } from '@vaultdb/core'

/** What was asked of stores, and what is still under way. */
export class Calls {
  read = 0
  write = 0
  delete = 0
  list = 0
  conflicts = 0
  underWay = 0

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
    write: (key, data, expected, options) => calls.count('write', () => store.write(key, data, expected, options)),
    delete: (key, expected, options) => calls.count('delete', () => store.delete(key, expected, options)),
    list(prefix, options) {
      calls.list++
      return store.list(prefix, options)
    },
    close: async () => store.close?.(),
  }
}
