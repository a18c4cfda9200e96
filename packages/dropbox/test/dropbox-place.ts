import type { createDropboxStore } from '@vaultdb/dropbox'
import type { DropboxEmulator } from '@vaultdb/dropbox-emulator'
import type { Purpose, RemotePlace } from '../../simulation/src/bad-network/place.ts'

const PURPOSES: Readonly<Record<string, Purpose>> = {
  'files/upload': 'write',
  'files/download': 'read',
  'files/delete_v2': 'delete',
  'files/list_folder': 'list',
  'files/list_folder/continue': 'list',
}

/** A Dropbox of its own on the emulator, for a vault behind a proxy. */
export function dropboxPlace(
  dropbox: DropboxEmulator,
  create: typeof createDropboxStore,
  account: string = 'bad-network',
): RemotePlace {
  const clientId = 'emulated-app'
  const refreshToken = dropbox.issueRefreshToken(account)
  return {
    server: dropbox.url,
    open: (url, runtime) =>
      create({
        clientId,
        refreshToken,
        runtime,
        fetch: (address, init) => {
          const { host, pathname, search } = new URL(address)
          return fetch(`${url}/${host}${pathname}${search}`, init)
        },
      }),
    // What all access tokens begin with.
    secrets: [refreshToken, 'sl.u.'],
    purposeOf: ({ path }) => PURPOSES[path.replace(/^\/[^/]+\/2\//, '')] ?? 'other',
    readsADelete: 0,
    otherRequestsAClient: 1,
  }
}
