import { VaultError } from '@vaultdb/core'
import { orAborted, throwIfAborted } from '@vaultdb/core/adapter'
import { assertConditions, type GetAccess, isToken, toRoot } from './access.ts'

/** What the store uses of an app's `RemoteStorage` object. */
export interface RemoteStorageInstance {
  /** Where the user is signed in, and with what token. */
  readonly remote?: {
    readonly connected: boolean
    readonly href?: string
    readonly token?: string | false
    readonly storageApi?: string
  }
  /** Anything but `'remotestorage'` keeps its files elsewhere. */
  readonly backend?: string
  readonly caching?: { set(path: string, strategy: 'FLUSH'): void; checkPath(path: string): string }
  on(event: string, handler: () => void): void
  removeEventListener(event: string, handler: () => void): void
}

/** Waits until the app's object knows whether somebody is signed in, which takes it a moment after it was made. */
async function settled(app: RemoteStorageInstance, signal: AbortSignal | undefined): Promise<void> {
  let stop: () => void = () => undefined
  const over = new Promise<void>((resolve) => {
    stop = resolve
  })
  app.on('connected', stop)
  app.on('not-connected', stop)
  try {
    await orAborted(over, signal)
  } finally {
    app.removeEventListener('connected', stop)
    app.removeEventListener('not-connected', stop)
  }
}

/** Access as the app's own object has it at each moment. */
export function appAccess(app: RemoteStorageInstance, folder: string): GetAccess {
  if (typeof app?.on !== 'function' || typeof app.removeEventListener !== 'function') {
    throw new TypeError('Option `remoteStorage` must be a RemoteStorage object.')
  }

  /** The app's own synchronization must not carry the vault's files into its cache: they are of no use there. */
  function keepOutOfCache(): void {
    try {
      if (app.caching?.checkPath(folder) !== 'FLUSH') app.caching?.set(folder, 'FLUSH')
    } catch {
      // The app has not claimed access to this folder, so it does not synchronize it either.
    }
  }

  return async (signal) => {
    throwIfAborted(signal)
    if (app.remote?.connected !== true) await settled(app, signal)
    const { remote, backend = 'remotestorage' } = app
    if (remote?.connected === true && backend !== 'remotestorage') {
      const message = `The user has chosen ${backend} and not a remoteStorage server. Use a store made for that service.`
      throw new VaultError('ERR_UNSUPPORTED', message)
    }
    assertConditions(remote?.storageApi)
    const root = toRoot(remote?.href)
    if (remote?.connected !== true || root === null || !isToken(remote.token)) {
      throw new VaultError(
        'ERR_UNAUTHORIZED',
        'Nobody is signed in to a remoteStorage server. Connect one and try again.',
      )
    }
    keepOutOfCache()
    return { root, token: remote.token }
  }
}
