import { createRuntime, type Runtime } from '@vaultdb/core'

/** Options of `createFileStore`. */
export interface FileStoreOptions {
  /**
   * Wait until the disk has a change before it is acknowledged (fsync of the file and of its folder). Default `true`.
   * `false` is several times faster; a power cut may then lose or damage what was acknowledged, a killed process does not.
   */
  readonly durable?: boolean
  /**
   * How many older versions of each file stay beside the current one, as `<version>.old`; 0 to 1,000, default 0. Every
   * writer clears by its own setting. With old versions of the file `vault` the passwords of their time still open it.
   */
  readonly keep?: number
  /** Where random names and the time come from; the default is the platform's. */
  readonly runtime?: Pick<Runtime, 'now' | 'randomBytes'>
}

const MAX_KEPT = 1000
const NAMES: ReadonlySet<string> = new Set(['durable', 'keep', 'runtime'] satisfies (keyof FileStoreOptions)[])

function assertObject(options: unknown): void {
  if (typeof options !== 'object' || options === null) throw new TypeError('The options must be an object.')
}

/** The options with their defaults. Throws a `TypeError` or `RangeError` for what they cannot be. */
export function resolveOptions(options: FileStoreOptions): Required<FileStoreOptions> {
  assertObject(options)
  for (const name of Object.keys(options)) {
    if (!NAMES.has(name)) {
      throw new TypeError(
        `createFileStore has no option ${JSON.stringify(name)}. Its options are ${[...NAMES].join(', ')}.`,
      )
    }
  }
  const { durable = true, keep = 0, runtime = createRuntime() } = options
  if (typeof durable !== 'boolean') throw new TypeError('Option `durable` must be true or false.')
  if (!Number.isInteger(keep)) throw new TypeError(`Option \`keep\` must be an integer, from 0 to ${MAX_KEPT}.`)
  if (keep < 0 || keep > MAX_KEPT) throw new RangeError(`Option \`keep\` must be from 0 to ${MAX_KEPT}, not ${keep}.`)
  return { durable, keep, runtime }
}
