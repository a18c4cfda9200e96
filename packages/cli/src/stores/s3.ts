import type { BlobStore, StoreCapabilities } from '@vaultdb/core'
import { createS3Store, type S3Store, type S3Traits } from '@vaultdb/s3'
import { usageError } from '../exit-codes.ts'
import type { Terminal } from '../terminal.ts'
import { awsSettings } from './aws-profile.ts'
import type { S3Location } from './location.ts'
import { createNetworkStore } from './network-store.ts'
import { keepTraits, knownTraits } from './s3-traits.ts'

/** These services are made for many. */
const MAX_REQUESTS = 16

export async function openS3(location: S3Location, terminal: Terminal): Promise<BlobStore> {
  const { kind: _kind, endpoint, region, ...place } = location
  const { keys, region: usual } = await awsSettings(terminal)
  const { runtime } = terminal
  const address = placeOf(endpoint, region, usual)
  const name = `${address.endpoint} ${location.bucket}`
  const traits = await knownTraits(name, terminal)
  const create = (): BlobStore => {
    const known = traits === null ? {} : { traits }
    const store = createS3Store({ ...place, ...address, ...known, credentials: keys, runtime })
    return traits === null ? rememberingTraits(store, (found) => keepTraits(name, found, terminal)) : store
  }
  return createNetworkStore(create, { maxRequests: MAX_REQUESTS }, terminal)
}

/** Keeps what the first write found out about the bucket: a command that writes once would spend most of its time on that. */
function rememberingTraits(store: S3Store, keep: (traits: S3Traits) => Promise<void>): BlobStore {
  let keeping: Promise<void> | undefined
  return {
    name: store.name,
    get capabilities(): StoreCapabilities {
      return store.capabilities
    },
    read: (key, options) => store.read(key, options),
    write: async (key, data, expected, options) => {
      const version = await store.write(key, data, expected, options)
      keeping ??= store.probe().then(keep, () => undefined) // known by now: nothing is sent
      return version
    },
    delete: (key, expected, options) => store.delete(key, expected, options),
    list: (prefix, options) => store.list(prefix, options),
    close: async () => {
      await keeping
      await store.close()
    },
  }
}

interface Address {
  readonly endpoint: string
  readonly region?: string
}

/** `usual` is the region where the location tells none; the host name of an endpoint of AWS's tells it too. */
function placeOf(endpoint: string | undefined, region: string | undefined, usual: string | undefined): Address {
  if (endpoint !== undefined) {
    const isAws = new URL(endpoint).hostname.endsWith('.amazonaws.com')
    const chosen = region ?? (isAws ? undefined : usual)
    return { endpoint, ...(chosen !== undefined && { region: chosen }) }
  }
  const chosen = region ?? usual
  if (chosen === undefined || !/^[A-Za-z0-9-]{1,64}$/.test(chosen)) {
    throw usageError(
      'Which region is the bucket in? Add ?region=… (or ?endpoint=https://…) to --store, or set AWS_REGION.',
    )
  }
  const domain = chosen.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'
  return { endpoint: `https://s3.${chosen}.${domain}`, region: chosen }
}
