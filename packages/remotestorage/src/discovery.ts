import { VaultError } from '@vaultdb/core'
import { orAborted, throwIfAborted } from '@vaultdb/core/adapter'
import { type Access, assertConditions, assertToken, type GetAccess, toRoot } from './access.ts'

const LOOPBACK = /^http:\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:|\/|$)/

/** The library is loaded only to find a storage. */
async function loadLibrary(): Promise<typeof import('remotestoragejs').default> {
  try {
    return (await import('remotestoragejs')).default
  } catch {
    const message =
      'remotestoragejs could not be loaded; service workers never can. Give the storage as `href`, or try again.'
    throw new VaultError('ERR_UNAVAILABLE', message)
  }
}

/** Asks remotestoragejs, which gives up after its own five seconds. */
async function discover(userAddress: string): Promise<string> {
  const RemoteStorage = await loadLibrary()
  const { href, storageApi } = await RemoteStorage.Discover(userAddress).catch(() => {
    const message = `No remoteStorage was found for ${userAddress}. Check the address and the connection.`
    throw new VaultError('ERR_UNAVAILABLE', message)
  })
  assertConditions(storageApi)
  const root = toRoot(href)
  if (root === null || (root.startsWith('http:') && !LOOPBACK.test(root))) {
    const message = `The storage of ${userAddress} has no https address. If you trust the network, give its \`href\` instead.`
    throw new VaultError('ERR_UNSUPPORTED', message)
  }
  return root
}

/** Access to the storage that WebFinger (RFC 7033) names for a user: looked up once, at the first request. */
export function discoveredAccess(userAddress: unknown, token: unknown): GetAccess {
  if (typeof userAddress !== 'string' || !/^[^\s@/?#]+@[^\s@/?#]+$/.test(userAddress)) {
    throw new TypeError('Option `userAddress` must be an address such as "ada@storage.example".')
  }
  assertToken(token)
  let finding: Promise<string> | undefined
  return async (signal): Promise<Access> => {
    throwIfAborted(signal)
    finding ??= discover(userAddress).catch((error: unknown) => {
      finding = undefined // another time it may be found
      throw error
    })
    const root = await orAborted(finding, signal)
    return { root, token }
  }
}
