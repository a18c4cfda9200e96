import { type BlobStore, errorCode, withResilience } from '@vaultdb/core'
import { blobStoreConformance } from '@vaultdb/core/testing'
import { createRemoteStorageStore } from '@vaultdb/remotestorage'
import RemoteStorage from 'remotestoragejs'
import { runScenario, SETTINGS } from '../../../../core/test/scenario.ts'

const DATA = Uint8Array.from({ length: 256 }, (_, index) => index)

/** Where a user keeps files, and the token for those below `vaults`. */
interface Account {
  readonly href: string
  readonly token: string
}

async function roundTrip(store: BlobStore): Promise<void> {
  const version = await store.write('vault', DATA, null)
  const blob = await store.read('vault')
  if (blob === null || blob === 'unchanged') throw new Error('What was written is not there.')
  if (blob.version !== version || String(blob.data) !== String(DATA)) throw new Error('It is another file.')
  if ((await store.read('vault', { unlessVersion: version })) !== 'unchanged') throw new Error('It has changed.')
  await store.delete('vault', version)
}

const tasks = {
  async conformance(account: Account, name: string): Promise<void> {
    const conformanceCase = blobStoreConformance.find((candidate) => candidate.name === name)
    if (conformanceCase === undefined) throw new Error(`There is no case ${name}.`)
    await conformanceCase.run(async () => ({
      open: async () => createRemoteStorageStore({ ...account, path: 'vaults/place' }),
    }))
  },

  async scenario(account: Account): Promise<void> {
    const [, rawKey] = SETTINGS
    if (rawKey === undefined) throw new Error('There is no such setting.')
    await runScenario(rawKey, withResilience(createRemoteStorageStore({ ...account, path: 'vaults/life' })))
  },

  /** What an app does whose user has signed in by its widget: the session is in the page's storage. */
  async app(account: Account): Promise<void> {
    localStorage.setItem(
      'remotestorage:wireclient',
      JSON.stringify({ ...account, userAddress: 'user@storage.example', storageApi: 'draft-dejong-remotestorage-10' }),
    )
    const remoteStorage = new RemoteStorage()
    remoteStorage.access.claim('vaults', 'rw')
    await roundTrip(createRemoteStorageStore({ remoteStorage, path: 'vaults/app' }))
    remoteStorage.disconnect()
  },

  async address(account: Account & { readonly userAddress: string }): Promise<void> {
    const { userAddress, token } = account
    await roundTrip(createRemoteStorageStore({ userAddress, token, path: 'vaults/address' }))
  },

  /** Reads what is not there as soon as the browser is online. */
  async whenOnline(account: Account): Promise<unknown> {
    const store = createRemoteStorageStore({ ...account, path: 'vaults/place' })
    return await withResilience(store, { offlineWaitMs: 60_000 }).read('vault')
  },

  async online(account: Account): Promise<string | undefined> {
    const store = withResilience(createRemoteStorageStore({ ...account, path: 'vaults/place' }))
    return await store.read('vault').then(() => 'none', errorCode)
  },

  /** The codes of a read and a write, and whether the errors hold the token. */
  async failures(account: Account): Promise<(string | undefined)[]> {
    const store = createRemoteStorageStore({ ...account, path: 'vaults/place' })
    const outcomes = await Promise.allSettled([store.read('vault'), store.write('vault', DATA, null)])
    return outcomes.map((outcome) => {
      if (outcome.status === 'fulfilled') return 'none'
      const { message, cause } = outcome.reason as Error
      return `${message} ${String(cause)}`.includes(account.token) ? 'leaked' : errorCode(outcome.reason)
    })
  },
}

export type Tasks = typeof tasks

Object.assign(globalThis, { tasks })
