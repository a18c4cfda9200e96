import { type BlobStore, VaultError } from '@vaultdb/core'
import { createDropboxStore, type DropboxStoreOptions } from '@vaultdb/dropbox'
import type { Terminal } from '../terminal.ts'
import { readCredentials } from './credentials-file.ts'
import { environmentSecret } from './environment.ts'
import type { DropboxLocation } from './location.ts'
import { createNetworkStore } from './network-store.ts'

/** What its credentials are kept under. */
export const DROPBOX_ENTRY = 'dropbox'

/** Dropbox refuses writes to one account that meet; more at once would only be sent again. */
const MAX_REQUESTS = 4

export async function openDropbox({ folder }: DropboxLocation, terminal: Terminal): Promise<BlobStore> {
  const { variable, ...credentials } = await dropboxCredentials(terminal)
  const { runtime } = terminal
  const create = (): BlobStore => createDropboxStore({ ...credentials, folder, runtime })
  return createNetworkStore(create, { maxRequests: MAX_REQUESTS, variable }, terminal)
}

interface Credentials extends Pick<DropboxStoreOptions, 'accessToken' | 'refreshToken' | 'clientId'> {
  readonly variable?: string
}

/** From the environment, else what `sign-in` keeps. */
async function dropboxCredentials(terminal: Terminal): Promise<Credentials> {
  const accessToken = environmentSecret('DROPBOX_ACCESS_TOKEN', terminal)
  if (accessToken !== undefined) return { accessToken, variable: 'DROPBOX_ACCESS_TOKEN' }
  const refreshToken = environmentSecret('DROPBOX_REFRESH_TOKEN', terminal)
  if (refreshToken !== undefined) {
    const clientId = environmentSecret('DROPBOX_APP_KEY', terminal)
    if (clientId !== undefined) return { clientId, refreshToken, variable: 'DROPBOX_REFRESH_TOKEN' }
    throw unauthorized('DROPBOX_REFRESH_TOKEN needs DROPBOX_APP_KEY, the key of the app that it belongs to.')
  }
  const saved = (await readCredentials(terminal)).get(DROPBOX_ENTRY)
  if (saved?.clientId !== undefined && saved.refreshToken !== undefined) {
    return { clientId: saved.clientId, refreshToken: saved.refreshToken }
  }
  throw unauthorized('Nobody is signed in to Dropbox: run vaultdb sign-in dropbox, or set DROPBOX_ACCESS_TOKEN.')
}

function unauthorized(message: string): VaultError {
  return new VaultError('ERR_UNAUTHORIZED', message)
}
