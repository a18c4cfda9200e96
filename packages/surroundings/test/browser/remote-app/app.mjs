// A small application for every store that is a service: it lists what each holds. The services are paths of its own site.

import { errorCode } from '@vaultdb/core'
import { createDropboxStore } from '@vaultdb/dropbox'
import { createRemoteStorageStore } from '@vaultdb/remotestorage'
import { createS3Store } from '@vaultdb/s3'

const { host, origin } = location
const token = 'T0ken'
const path = 'vaults/mine'

const stores = [
  createDropboxStore({
    accessToken: token,
    fetch: (address, init) => fetch(`${origin}${new URL(String(address)).pathname}`, init),
  }),
  createRemoteStorageStore({ href: `${origin}/storage`, token, path }),
  createRemoteStorageStore({ userAddress: `ada@${host}`, token, path }),
  createS3Store({
    endpoint: origin,
    bucket: 'bucket',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
  }),
]

/** @param {import('@vaultdb/core').BlobStore} store */
async function listed(store) {
  const keys = []
  for await (const { key } of store.list('')) keys.push(key)
  return `${store.name} has ${keys.join()}`
}

/** @param {unknown} error */
const failed = (error) => `${errorCode(error)}: ${error}`

const lines = await Promise.all(stores.map((store) => listed(store).catch(failed)))
const output = document.createElement('output')
output.textContent = lines.join('; ')
document.body.append(output)
