import { createRuntime, type Runtime } from '@vaultdb/core'

/** Options of `createIndexedDBStore`. */
export interface IndexedDBStoreOptions {
  /** Name of the database, 1 to 200 characters. It holds one vault and nothing else; each origin has its own. */
  readonly name: string
  /**
   * Ask the browser, at the first write, not to remove what is stored when room runs short; `capabilities.persistent` tells
   * its answer. Default `true`. Firefox asks the person in front of it.
   */
  readonly persist?: boolean
  /**
   * How long a request waits for the database to open while another tab keeps an older or a deleted one open. Milliseconds, 1 to
   * 3,600,000, default 10,000.
   */
  readonly openTimeoutMs?: number
  /** Where random versions and timers come from; the default is the platform's. */
  readonly runtime?: Pick<Runtime, 'randomBytes' | 'sleep'>
}

/** Longer than any tab takes that closes its connection when asked to; a person does not wait longer either. */
const DEFAULT_OPEN_TIMEOUT_MS = 10_000
const MAX_OPEN_TIMEOUT_MS = 3_600_000
const MAX_NAME_LENGTH = 200
const NAMES: readonly string[] = [
  'name',
  'persist',
  'openTimeoutMs',
  'runtime',
] satisfies (keyof IndexedDBStoreOptions)[]

/** The options with their defaults. Throws a `TypeError` or `RangeError` for what they cannot be. */
export function resolveOptions(options: IndexedDBStoreOptions): Required<IndexedDBStoreOptions> {
  if (typeof options !== 'object' || options === null) throw new TypeError('The options must be an object.')
  const unknown = Object.keys(options).find((name) => !NAMES.includes(name))
  if (unknown !== undefined) {
    throw new TypeError(`createIndexedDBStore has no option ${JSON.stringify(unknown)}, only ${NAMES.join(', ')}.`)
  }
  const { name, persist = true, openTimeoutMs = DEFAULT_OPEN_TIMEOUT_MS, runtime = createRuntime() } = options
  if (typeof name !== 'string' || name === '' || name.length > MAX_NAME_LENGTH) {
    throw new TypeError(`Option \`name\` must be a text of 1 to ${MAX_NAME_LENGTH} characters.`)
  }
  if (typeof persist !== 'boolean') throw new TypeError('Option `persist` must be true or false.')
  if (!Number.isInteger(openTimeoutMs)) throw new TypeError('Option `openTimeoutMs` must be an integer.')
  if (openTimeoutMs < 1 || openTimeoutMs > MAX_OPEN_TIMEOUT_MS) {
    throw new RangeError(`Option \`openTimeoutMs\` must be from 1 to ${MAX_OPEN_TIMEOUT_MS}, not ${openTimeoutMs}.`)
  }
  return { name, persist, openTimeoutMs, runtime }
}
