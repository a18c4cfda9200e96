import { VaultError } from '@vaultdb/core'
import type { Terminal } from '../terminal.ts'

/** The variables that hold secrets for stores only; programs that a command starts do not get them. */
export const STORE_SECRETS = ['DROPBOX_ACCESS_TOKEN', 'DROPBOX_REFRESH_TOKEN', 'REMOTESTORAGE_TOKEN'] as const

/** Whether this can stand in a header: what cannot would be quoted in an error of `fetch`. */
export function isSecretText(value: string): boolean {
  return /^[\x21-\x7e]{1,8192}$/.test(value)
}

/**
 * A key or token of the environment; `undefined` where it is not set, or empty. What cannot be one is `ERR_UNAUTHORIZED`.
 */
export function environmentSecret(name: string, { env }: Terminal): string | undefined {
  const value = env[name]
  if (!value) return undefined
  if (isSecretText(value)) return value
  throw new VaultError('ERR_UNAUTHORIZED', `${name} holds no key or token: a space or the end of a line came with it?`)
}
