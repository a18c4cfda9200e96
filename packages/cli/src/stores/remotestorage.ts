import { type BlobStore, VaultError } from '@vaultdb/core'
import { createRemoteStorageStore } from '@vaultdb/remotestorage'
import type { Terminal } from '../terminal.ts'
import { readCredentials } from './credentials-file.ts'
import { environmentSecret } from './environment.ts'
import type { RemoteStorageLocation } from './location.ts'
import { createNetworkStore } from './network-store.ts'
import { findStorage } from './webfinger.ts'

/** What browsers send at once to a host; servers of this kind are small. */
const MAX_REQUESTS = 6

/** The part of the account that a token for this location is good for. */
export function scopeOf({ path }: RemoteStorageLocation): string {
  return path.split('/')[0] ?? ''
}

/** What the credentials for a location are kept under: a token is good for one account and one scope. */
export function remoteStorageEntry(location: RemoteStorageLocation): string {
  return `remotestorage:${location.userAddress}/${scopeOf(location)}`
}

export async function openRemoteStorage(
  location: RemoteStorageLocation,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<BlobStore> {
  const { href, token, variable } = await accessTo(location, terminal, signal)
  const { path } = location
  const create = (): BlobStore => createRemoteStorageStore({ href, token, path, runtime: terminal.runtime })
  return createNetworkStore(create, { maxRequests: MAX_REQUESTS, variable }, terminal)
}

interface Access {
  readonly href: string
  readonly token: string
  readonly variable?: string
}

/**
 * From the environment, else what `sign-in` keeps. A location may come from somebody else (a project's settings, say), so a
 * token goes to no other account than the one that it was given for.
 */
async function accessTo(location: RemoteStorageLocation, terminal: Terminal, signal: AbortSignal): Promise<Access> {
  const { userAddress } = location
  const token = environmentSecret('REMOTESTORAGE_TOKEN', terminal)
  const owner = terminal.env.REMOTESTORAGE_USER
  if (token !== undefined && !owner) {
    throw unauthorized('REMOTESTORAGE_TOKEN needs REMOTESTORAGE_USER, the address (user@host) that it may be sent to.')
  }
  if (token !== undefined && isSameAddress(owner, userAddress)) {
    const { href } = await findStorage(userAddress, terminal.runtime, signal)
    return { href, token, variable: 'REMOTESTORAGE_TOKEN' }
  }
  const saved = (await readCredentials(terminal)).get(remoteStorageEntry(location))
  if (saved?.href !== undefined && saved.token !== undefined) return { href: saved.href, token: saved.token }
  const advice = 'run vaultdb sign-in remotestorage, or set REMOTESTORAGE_USER and REMOTESTORAGE_TOKEN'
  throw unauthorized(`Nobody is signed in to ${userAddress} for its folder ${scopeOf(location)}: ${advice}.`)
}

/** Hosts are the same in upper and lower case, users need not be (RFC 5321, section 2.4). */
function isSameAddress(one: string | undefined, other: string): boolean {
  return one?.replace(/@.*$/, (host) => host.toLowerCase()) === other
}

function unauthorized(message: string): VaultError {
  return new VaultError('ERR_UNAUTHORIZED', message)
}
