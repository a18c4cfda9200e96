import { createRuntime, type Runtime } from '@vaultdb/core'
import { booleanOption, checkOptions, integerOption } from '@vaultdb/core/adapter'

/** Options of `createIndexedDBStore`. */
export interface IndexedDBStoreOptions {
  /** Name of the database, not empty. It holds one vault and nothing else; each origin has its own. */
  readonly name: string
  /**
   * Ask the browser, at the first write, not to remove what is stored when room runs short; `capabilities.persistent` tells
   * its answer. Default `true`. Firefox asks the person in front of it.
   */
  readonly persist?: boolean
  /**
   * How long a request waits for the database, which another tab may keep from opening or keep busy. Milliseconds, 1 to 3,600,000,
   * default 10,000.
   */
  readonly timeoutMs?: number
  /** Where random versions and timers come from; the default is the platform's. */
  readonly runtime?: Pick<Runtime, 'randomBytes' | 'sleep'>
}

/** Longer than any tab takes that closes its connection when asked to, or writes; a person does not wait longer either. */
const DEFAULT_TIMEOUT_MS = 10_000

/** The options with their defaults. Throws a `TypeError` or `RangeError` for what they cannot be. */
export function resolveOptions(options: IndexedDBStoreOptions): Required<IndexedDBStoreOptions> {
  checkOptions(options, ['name', 'persist', 'timeoutMs', 'runtime'], 'createIndexedDBStore')
  const { name, persist, timeoutMs, runtime = createRuntime() } = options
  if (typeof name !== 'string' || !name) throw new TypeError('Option `name` must be text.')
  return {
    name,
    persist: booleanOption('persist', persist, true),
    timeoutMs: integerOption('timeoutMs', timeoutMs, 1, 3_600_000, DEFAULT_TIMEOUT_MS),
    runtime,
  }
}
