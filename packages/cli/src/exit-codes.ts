import { errorCode, type VaultErrorCode } from '@vaultdb/core'

/** What the command tells the shell. The README documents each; numbers are never reused. */
export const EXIT = {
  /** Done. */
  ok: 0,
  /** The answer is no: not there, nothing to remove, the check found something. */
  no: 1,
  /** Wrong arguments, unreadable input, a file in the way. Nothing was tried. */
  usage: 2,
  /** No password, or the wrong one. */
  credentials: 3,
  /** No vault at that place, or already one. */
  place: 4,
  /** The vault's files are damaged, or were put back to an older state. */
  integrity: 5,
  /** The store does not answer, or others kept writing: try again. */
  retry: 6,
  /** A write may or may not have been applied: read it back. */
  unknown: 7,
  /** Done, except for what was reported line by line. */
  partial: 8,
  /** The store or a limit refuses: permissions, a full disk, too large. */
  refused: 9,
  /** This version cannot do it: a newer format, a store that cannot hold a vault. */
  unsupported: 10,
  /** A defect in this program. */
  internal: 70,
  /** The reader of our output went away, as a shell counts it (128 + SIGPIPE). */
  brokenPipe: 141,
} as const

/** A status for `process.exit`: one of {@link EXIT}, or 128 plus the number of a signal. */
export type ExitCode = number

/** An error that the command itself found: its message goes to the user as it is and holds no secret. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError'
  readonly exitCode: ExitCode

  constructor(exitCode: ExitCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.exitCode = exitCode
  }
}

/** A {@link CommandError} about arguments or input. */
export function usageError(message: string, cause?: unknown): CommandError {
  return new CommandError(EXIT.usage, message, cause === undefined ? undefined : { cause })
}

const BY_CODE: Readonly<Record<VaultErrorCode, ExitCode>> = {
  ERR_ABORTED: EXIT.unknown,
  ERR_CLOSED: EXIT.internal,
  ERR_CONFLICT: EXIT.retry,
  ERR_CONTENTION: EXIT.retry,
  ERR_CORRUPT: EXIT.integrity,
  ERR_CREDENTIALS: EXIT.credentials,
  ERR_EXISTS: EXIT.place,
  ERR_FORK: EXIT.integrity,
  ERR_INVALID_PATH: EXIT.usage,
  ERR_MISSING: EXIT.place,
  ERR_OUTCOME_UNKNOWN: EXIT.unknown,
  ERR_QUOTA: EXIT.refused,
  ERR_ROLLBACK: EXIT.integrity,
  ERR_TOO_LARGE: EXIT.refused,
  ERR_UNAUTHORIZED: EXIT.refused,
  ERR_UNAVAILABLE: EXIT.retry,
  ERR_UNSUPPORTED: EXIT.unsupported,
}

/** Codes of Node's file errors that a person can act on, in words. */
const FILE_ERRORS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EDQUOT: 'the quota is used up',
  EEXIST: 'it already exists',
  EISDIR: 'it is a folder',
  ENOENT: 'no such file or folder',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of its path is not a folder',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
}

/** The error of failing to `act` on (read, write) a file that the user named. */
export function fileError(act: string, path: string, cause: unknown): CommandError {
  const code = systemCode(cause)
  const reason = FILE_ERRORS[code ?? ''] ?? code ?? 'unknown reason'
  const exitCode = code === 'ENOSPC' || code === 'EDQUOT' ? EXIT.refused : EXIT.usage
  return new CommandError(exitCode, `Cannot ${act} ${path}: ${reason}.`, { cause })
}

/** The code of an error of the operating system (`ENOENT`), if `error` is one. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** The status for an error that ended a command. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommandError) return error.exitCode
  if (systemCode(error) === 'EPIPE') return EXIT.brokenPipe
  const code = errorCode(error)
  return (code === undefined ? undefined : BY_CODE[code]) ?? EXIT.internal
}
