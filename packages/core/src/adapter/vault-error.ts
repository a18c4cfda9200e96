import { errorCode, type VaultError } from '../errors.ts'

/**
 * Whether this is an error of VaultDB's, also of another copy of the core. Of what an application's own function throws nothing
 * else may be passed on: it may quote secrets, and codes of Node's errors begin with `ERR_` as well.
 */
export function isVaultError(error: unknown): error is VaultError {
  return error instanceof Error && error.name === 'VaultError' && errorCode(error) !== undefined
}
