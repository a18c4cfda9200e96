import { VaultError, type VaultErrorCode } from '@vaultdb/core'

interface Meaning {
  readonly code: VaultErrorCode
  readonly message: string
}

const DENIED = 'The account that this program runs as may not do that: check the owner and the permissions.'

const MEANINGS: ReadonlyMap<string, Meaning> = new Map([
  ['ENOSPC', { code: 'ERR_QUOTA', message: 'The disk is full: make room and try again.' }],
  ['EDQUOT', { code: 'ERR_QUOTA', message: 'The disk quota is used up: make room and try again.' }],
  [
    'EFBIG',
    { code: 'ERR_TOO_LARGE', message: 'The file is larger than the file system or a limit of the process allows.' },
  ],
  ['EACCES', { code: 'ERR_UNAUTHORIZED', message: DENIED }],
  ['EPERM', { code: 'ERR_UNAUTHORIZED', message: DENIED }],
  ['EROFS', { code: 'ERR_UNAUTHORIZED', message: 'The file system is mounted read-only.' }],
  ['ENOTDIR', { code: 'ERR_UNSUPPORTED', message: 'A file stands where a folder should be: choose another folder.' }],
  [
    'EEXIST',
    { code: 'ERR_UNSUPPORTED', message: 'Something else stands where a folder should be: choose another folder.' },
  ],
  ['ELOOP', { code: 'ERR_UNSUPPORTED', message: 'A symbolic link stands where a file should be: it is not followed.' }],
  [
    'ENAMETOOLONG',
    { code: 'ERR_UNSUPPORTED', message: 'The path is too long for this file system: choose a shorter one.' },
  ],
  [
    'EINVAL',
    { code: 'ERR_UNSUPPORTED', message: 'The file system refuses such a name or request: choose another folder.' },
  ],
  ['ENOTSUP', { code: 'ERR_UNSUPPORTED', message: 'The file system cannot do that: choose another folder.' }],
  ['ENOSYS', { code: 'ERR_UNSUPPORTED', message: 'The file system cannot do that: choose another folder.' }],
])

/** The system's name of an error, such as `ENOENT`; `undefined` for an error that is not the system's. */
export function errno(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/**
 * The error for callers. What is not known for certain to have changed nothing is `ERR_UNAVAILABLE`, so this is for
 * failures of reads and of steps before the one that replaces the file; later ones are {@link unconfirmed}.
 */
export function failure(error: unknown, doing: string): VaultError {
  if (error instanceof VaultError) return error
  const code = errno(error)
  const known = code === undefined ? undefined : MEANINGS.get(code)
  if (known !== undefined) return new VaultError(known.code, `Cannot ${doing}. ${known.message}`, { cause: error })
  const reason = code ?? 'an unexpected error'
  return new VaultError('ERR_UNAVAILABLE', `Cannot ${doing} (${reason}). Try again.`, { cause: error })
}

/** The error of a step after the one that replaced the file: whatever it was, the change may be there. */
export function unconfirmed(error: unknown, doing: string): VaultError {
  const reason = errno(error) ?? 'an unexpected error'
  const message = `Could not ${doing} for certain (${reason}): the change is visible and may not survive a power cut.`
  return new VaultError('ERR_UNAVAILABLE', message, { cause: error })
}
