import { type BlobStore, errorCode, type ResilienceOptions, VaultError, withResilience } from '@vaultdb/core'
import { decorate } from '@vaultdb/core/adapter'
import { usageError } from '../exit-codes.ts'
import type { Terminal } from '../terminal.ts'

export interface NetworkStoreOptions extends Pick<ResilienceOptions, 'maxRequests'> {
  /** The variable of the environment that its token came from; nothing where `sign-in` keeps the token. */
  readonly variable?: string | undefined
}

/** A store over a network, for one command. What it cannot be made of stands in the location or the environment. */
export function createNetworkStore(
  create: () => BlobStore,
  { variable, ...options }: NetworkStoreOptions,
  terminal: Terminal,
): BlobStore {
  let store: BlobStore
  try {
    store = create()
  } catch (error) {
    // The stores' own TypeErrors name the option and repeat nothing of its value.
    throw error instanceof TypeError ? usageError(`--store cannot be opened. ${error.message}`) : error
  }
  if (variable !== undefined) store = tellingVariable(store, variable)
  return withResilience(store, { ...options, runtime: terminal.runtime })
}

/** Stores advise to sign in again, which changes nothing while a variable comes first. */
function tellingVariable(store: BlobStore, variable: string): BlobStore {
  const tell = (error: unknown): never => {
    if (!(error instanceof Error) || errorCode(error) !== 'ERR_UNAUTHORIZED') throw error
    throw new VaultError(
      'ERR_UNAUTHORIZED',
      `${error.message} The token is that of ${variable}: change it, or unset it.`,
    )
  }
  return decorate(store, {
    read: (...request) => store.read(...request).catch(tell),
    write: (...request) => store.write(...request).catch(tell),
    delete: (...request) => store.delete(...request).catch(tell),
  })
}
