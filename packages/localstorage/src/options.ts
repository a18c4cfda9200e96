import { createRuntime, type Runtime } from '@vaultdb/core'
import { checkOptions } from '@vaultdb/core/adapter'

/** Options of `createLocalStorageStore`. */
export interface LocalStorageStoreOptions {
  /**
   * What the names of all entries begin with, followed by `:`. 1 to 100 characters of `A-Z a-z 0-9 . _ - /`. It stands for one vault:
   * another prefix is another place.
   */
  readonly prefix: string
  /** Where random versions and the clock come from; the default is the platform's. */
  readonly runtime?: Pick<Runtime, 'monotonicMs' | 'randomBytes'>
}

const PREFIX = /^[\w./-]{1,100}$/

/** The options with their defaults. Throws a `TypeError` for what they cannot be. */
export function resolveOptions(options: LocalStorageStoreOptions): Required<LocalStorageStoreOptions> {
  checkOptions(options, ['prefix', 'runtime'], 'createLocalStorageStore')
  const { prefix, runtime = createRuntime() } = options
  if (typeof prefix !== 'string' || !PREFIX.test(prefix)) {
    throw new TypeError(`Option \`prefix\` must be a text like ${PREFIX}.`)
  }
  return { prefix, runtime }
}
