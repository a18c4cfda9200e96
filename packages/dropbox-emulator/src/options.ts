import { createRuntime, type Runtime } from '@vaultdb/core'
import { checkOptions } from '@vaultdb/core/adapter'
import type { DecideFault } from './faults.ts'
import type { RateLimit } from './limits.ts'

/** Options of `startDropboxEmulator`. */
export interface DropboxEmulatorOptions {
  /** The app's key. Default `'emulated-app'`. */
  readonly clientId?: string
  /** What the app has registered. Default none: the code is shown to the person, who copies it. */
  readonly redirectUris?: readonly string[]
  /** How long an access token is good for, in milliseconds, 1 or more. Default four hours, as Dropbox's. */
  readonly accessTokenLifetimeMs?: number
  /** How long a cursor is good for, in milliseconds, 1 or more. Default for ever. */
  readonly cursorLifetimeMs?: number
  /** Most entries in one answer to `list_folder`, 1 to 2,000, whatever the client asks for. Default 2,000. */
  readonly maxPageEntries?: number
  /** Room in each account, in bytes. Default 2 GiB. */
  readonly quotaBytes?: number
  /** Most bytes in one upload. Default 150 MiB, as Dropbox's. */
  readonly maxUploadBytes?: number
  /** Default none: Dropbox does not publish its own. */
  readonly rateLimit?: RateLimit
  /**
   * How long a write keeps the account's one lock, in milliseconds; another one that comes meanwhile is refused with
   * `too_many_write_operations`. Default 0: they never meet.
   */
  readonly writeMs?: number
  /** What longpoll tells its clients to wait before they come again, in seconds. Default nothing. */
  readonly longpollBackoffSeconds?: number
  /** Asked about each request. Can be replaced later: see `DropboxEmulator.faults`. */
  readonly faults?: DecideFault
  /** Clock, randomness, timers. Default: the platform's. */
  readonly runtime?: Pick<Runtime, 'now' | 'randomBytes' | 'jitter' | 'sleep'>
}

const HOUR_MS = 3_600_000
const MEBIBYTE = 1024 * 1024
const MAX_PAGE_ENTRIES = 2000

export interface Settings
  extends Required<Omit<DropboxEmulatorOptions, 'rateLimit' | 'longpollBackoffSeconds' | 'faults'>> {
  readonly rateLimit: RateLimit | null
  readonly longpollBackoffSeconds: number | null
}

const NAMES: readonly string[] = [
  ...['clientId', 'redirectUris', 'accessTokenLifetimeMs', 'cursorLifetimeMs', 'maxPageEntries', 'quotaBytes'],
  ...['maxUploadBytes', 'rateLimit', 'writeMs', 'longpollBackoffSeconds', 'faults', 'runtime'],
]

function atLeast(min: number, name: string, value: number): number {
  if (typeof value !== 'number' || Number.isNaN(value)) throw new TypeError(`Option \`${name}\` must be a number.`)
  if (value < min) throw new RangeError(`Option \`${name}\` must be at least ${min}.`)
  return value
}

/** The options with their defaults. Throws a `TypeError` or `RangeError` for what they cannot be. */
export function resolveOptions(options: DropboxEmulatorOptions): Settings {
  checkOptions(options, NAMES, 'startDropboxEmulator')
  const { rateLimit = null, longpollBackoffSeconds = null } = options
  if (rateLimit !== null) {
    atLeast(1, 'rateLimit.requests', rateLimit.requests)
    atLeast(1, 'rateLimit.perMs', rateLimit.perMs)
  }
  return {
    clientId: options.clientId ?? 'emulated-app',
    redirectUris: options.redirectUris ?? [],
    accessTokenLifetimeMs: atLeast(1, 'accessTokenLifetimeMs', options.accessTokenLifetimeMs ?? 4 * HOUR_MS),
    cursorLifetimeMs: atLeast(1, 'cursorLifetimeMs', options.cursorLifetimeMs ?? Number.POSITIVE_INFINITY),
    maxPageEntries: Math.min(
      MAX_PAGE_ENTRIES,
      atLeast(1, 'maxPageEntries', options.maxPageEntries ?? MAX_PAGE_ENTRIES),
    ),
    quotaBytes: atLeast(0, 'quotaBytes', options.quotaBytes ?? 2048 * MEBIBYTE),
    maxUploadBytes: atLeast(0, 'maxUploadBytes', options.maxUploadBytes ?? 150 * MEBIBYTE),
    writeMs: atLeast(0, 'writeMs', options.writeMs ?? 0),
    rateLimit,
    longpollBackoffSeconds,
    runtime: options.runtime ?? createRuntime(),
  }
}
