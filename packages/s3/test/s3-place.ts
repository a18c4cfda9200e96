import type { createS3Store } from '@vaultdb/s3'
import type { Purpose, RemotePlace } from '../../simulation/src/bad-network/place.ts'
import type { Exchange } from '../../simulation/src/bad-network/proxy.ts'
import { optionsFor } from './server/buckets.ts'

function purposeOf({ method, path }: Exchange): Purpose {
  if (path.includes('.probe')) return 'other'
  if (method === 'GET') return path.includes('?') ? 'list' : 'read'
  return method === 'PUT' ? 'write' : 'delete'
}

/** A bucket for a vault behind a proxy. Each client tries the bucket out by itself. */
export function s3Place(bucket: string, create: typeof createS3Store): RemotePlace {
  const options = optionsFor(bucket)
  const { accessKeyId, secretAccessKey } = options.credentials as { accessKeyId: string; secretAccessKey: string }
  return {
    server: options.endpoint,
    open: (endpoint, runtime) => create({ ...options, endpoint, runtime }),
    secrets: [accessKeyId, secretAccessKey],
    purposeOf,
    readsADelete: 1,
    otherRequestsAClient: 11, // ten to try the bucket out, and one to clear up where that fails
  }
}
