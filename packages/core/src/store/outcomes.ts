import { VaultError } from '../errors.ts'

/** The error of a change whose file is not the version that it was to replace: it was not applied. */
export function conflictError(key: string): VaultError {
  return new VaultError('ERR_CONFLICT', `File ${key} is not the version that was to be replaced. Read it again.`)
}

/** The error of a change whose signal was aborted after it was sent: it may still be applied. */
export function givenUpError({ reason }: AbortSignal): VaultError {
  return new VaultError('ERR_UNAVAILABLE', 'The change was given up on its way.', { cause: reason })
}
