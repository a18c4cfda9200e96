import { errorCode, restated, VaultError, type VaultErrorDetails } from '../errors.ts'

/** Whether a request would change something: of such a one an error says what was applied. */
export type RequestKind = 'read' | 'change'

/** The error of a change whose file is not the version that it was to replace: it was not applied. */
export function conflictError(key: string): VaultError {
  return new VaultError('ERR_CONFLICT', `File ${key} is not the version that was to be replaced. Read it again.`)
}

/** The error of a change whose signal was aborted after it was sent: it may still be applied. */
export function givenUpError({ reason }: AbortSignal): VaultError {
  return new VaultError('ERR_UNAVAILABLE', 'The change was given up on its way.', { cause: reason })
}

/** The error of a request that was not sent, for the time being: of a change it says that nothing was applied. */
export function unsentError(
  kind: RequestKind,
  message: string,
  details: Pick<VaultErrorDetails, 'retryAfterMs' | 'cause'> = {},
): VaultError {
  return new VaultError('ERR_UNAVAILABLE', message, kind === 'change' ? { ...details, applied: 'no' } : details)
}

/**
 * The result of what a request needs before it can be sent, such as a token. Where that cannot be had for the time being, the
 * error of a change says that nothing was sent.
 */
export async function beforeSending<T>(kind: RequestKind, step: Promise<T>): Promise<T> {
  try {
    return await step
  } catch (error) {
    throw kind === 'change' && errorCode(error) === 'ERR_UNAVAILABLE' ? restated(error, 'no') : error
  }
}

/** Whether a store says of a change that, failing like this, it sent nothing. */
export function isUnsent(error: unknown): boolean {
  return error instanceof Object && 'applied' in error && error.applied === 'no'
}
