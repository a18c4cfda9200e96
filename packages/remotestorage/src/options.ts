import { createRuntime, type Runtime } from '@vaultdb/core'
import { checkOptions, type Fetch } from '@vaultdb/core/adapter'
import { fixedAccess, type GetAccess } from './access.ts'
import { appAccess, type RemoteStorageInstance } from './app.ts'
import { discoveredAccess } from './discovery.ts'
import { toFolder } from './paths.ts'

interface CommonOptions {
  /**
   * The folder of the vault in the account, such as `notes/vault`; its first part is the scope that the app or token must have
   * (`notes:rw`). It holds one vault and nothing else. Not below `public`, where everybody may read.
   */
  readonly path: string
  /** Sends the requests. Default: the platform's `fetch`. */
  readonly fetch?: Fetch
  /** Clock. Default: the platform's. */
  readonly runtime?: Pick<Runtime, 'now'>
}

/** With an app's own `RemoteStorage` object: its sign-in, its widget. */
export interface RemoteStorageAppOptions extends CommonOptions {
  /** Asked for address and token at every request, so signing in and out takes effect at once. */
  readonly remoteStorage: RemoteStorageInstance
}

/** With the address of the user's storage. */
export interface RemoteStorageHrefOptions extends CommonOptions {
  /** The storage root, as WebFinger names it: `https://storage.example/storage/ada`. */
  readonly href: string
  /** An OAuth bearer token with the scope of `path`. */
  readonly token: string
}

/** With the user's address, whose storage remotestoragejs finds by WebFinger. */
export interface RemoteStorageAddressOptions extends CommonOptions {
  /** `ada@storage.example`. */
  readonly userAddress: string
  /** An OAuth bearer token with the scope of `path`. */
  readonly token: string
}

/** Options of `createRemoteStorageStore`. */
export type RemoteStorageStoreOptions = RemoteStorageAppOptions | RemoteStorageHrefOptions | RemoteStorageAddressOptions

/** The options, checked and complete. */
export interface ResolvedOptions {
  readonly folder: string
  readonly getAccess: GetAccess
  readonly fetch: Fetch
  readonly runtime: Pick<Runtime, 'now'>
}

const SOURCES = ['remoteStorage', 'href', 'userAddress'] as const

function accessOf(options: RemoteStorageStoreOptions, folder: string): GetAccess {
  if ('remoteStorage' in options) return appAccess(options.remoteStorage, folder)
  if ('href' in options) return fixedAccess(options.href, options.token)
  return discoveredAccess(options.userAddress, options.token)
}

/** The options with their defaults. Throws a `TypeError` for what they cannot be; no message holds a token. */
export function resolveOptions(options: RemoteStorageStoreOptions): ResolvedOptions {
  checkOptions(options, [...SOURCES, 'token', 'path', 'fetch', 'runtime'], 'createRemoteStorageStore')
  const given = SOURCES.filter((name) => name in options)
  if (given.length !== 1) {
    throw new TypeError('createRemoteStorageStore takes one of `remoteStorage`, `href` and `userAddress`.')
  }
  if (given[0] === 'remoteStorage' && 'token' in options) {
    throw new TypeError('Option `token` does not go with `remoteStorage`, which has its own.')
  }
  const folder = toFolder(options.path)
  return {
    folder,
    getAccess: accessOf(options, folder),
    // Called as a function of its own, and looked up at each request: `fetch` may be replaced, and minds what `this` is.
    fetch: options.fetch ?? ((url, init) => globalThis.fetch(url, init)),
    runtime: options.runtime ?? createRuntime(),
  }
}
