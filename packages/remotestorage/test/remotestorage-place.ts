import type { createRemoteStorageStore } from '@vaultdb/remotestorage'
import type { Purpose, RemotePlace } from '../../simulation/src/bad-network/place.ts'
import type { Exchange } from '../../simulation/src/bad-network/proxy.ts'
import type { Armadietto } from './server/armadietto.ts'

function purposeOf({ method, path }: Exchange): Purpose {
  if (method === 'GET') return path.endsWith('/') ? 'list' : 'read'
  return method === 'PUT' ? 'write' : 'delete'
}

/** A folder of the server's user, for a vault behind a proxy. */
export function remoteStoragePlace(
  { origin, href, tokens }: Armadietto,
  create: typeof createRemoteStorageStore,
  path: string,
): RemotePlace {
  const token = tokens.readWrite
  return {
    server: origin,
    open: (url, runtime) => create({ href: href.replace(origin, url), token, path, runtime }),
    secrets: [token],
    purposeOf,
    readsADelete: 0,
    otherRequestsAClient: 0,
  }
}
