import { inspect } from 'node:util'
import type { BlobStore } from '@vaultdb/core'
import { createRemoteStorageStore, type RemoteStorageInstance } from '@vaultdb/remotestorage'
import RemoteStorage from 'remotestoragejs'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { doubledChanges, MET_THEMSELVES, sendTwice } from '../../core/test/sent-twice.ts'
import { Armadietto } from './server/armadietto.ts'

const DATA = Uint8Array.from({ length: 256 }, (_, index) => index)

/** What listens to a `RemoteStorage` object, as far as the store does. */
interface Handlers {
  readonly connected: readonly unknown[]
  readonly 'not-connected': readonly unknown[]
}

let server: Armadietto
let places = 0
beforeAll(async () => {
  server = await Armadietto.start()
})
afterAll(() => server.stop())

function path(): string {
  places += 1
  return `vaults/place-${places}`
}

async function roundTrip(store: BlobStore): Promise<void> {
  const version = await store.write('vault', DATA, null)
  expect(await store.read('vault')).toEqual({ data: DATA, version })
  expect(await store.read('vault', { unlessVersion: version })).toBe('unchanged')
  await store.delete('vault', version)
  expect(await store.read('vault')).toBeNull()
}

describe("an app's own object", () => {
  let app: RemoteStorage
  afterEach(() => app.disconnect())

  function signIn(token: string = server.tokens.readWrite): void {
    app.remote.configure({
      userAddress: server.userAddress,
      href: server.href,
      storageApi: 'draft-dejong-remotestorage-10',
      token,
    })
  }

  function newApp(): RemoteStorage {
    app = new RemoteStorage({ cache: true, disableFeatures: ['IndexedDB'] })
    app.access.claim('vaults', 'rw')
    return app
  }

  function handlers(): number {
    const { _handlers } = app as unknown as { readonly _handlers: Handlers }
    return _handlers.connected.length + _handlers['not-connected'].length
  }

  test('has all that the store asks for', async () => {
    const remoteStorage: RemoteStorageInstance = newApp()
    signIn()
    await roundTrip(createRemoteStorageStore({ remoteStorage, path: path() }))
  })

  test('is waited for until it knows that nobody is signed in', async () => {
    const store = createRemoteStorageStore({ remoteStorage: newApp(), path: path() })
    await expect(store.read('vault')).rejects.toMatchObject({ code: 'ERR_UNAUTHORIZED' })
    const before = handlers()
    await expect(store.write('vault', DATA, null)).rejects.toMatchObject({ code: 'ERR_UNAUTHORIZED' })
    expect(handlers()).toBe(before)
  })

  test('may be signed in, out, and in again with another token', async () => {
    const store = createRemoteStorageStore({ remoteStorage: newApp(), path: path() })
    const reading = store.read('vault')
    signIn()
    expect(await reading).toBeNull()
    app.remote.configure({ token: null } as object)
    await expect(store.read('vault')).rejects.toMatchObject({ code: 'ERR_UNAUTHORIZED' })
    signIn(server.tokens.foreign)
    await expect(store.read('vault')).rejects.toMatchObject({ code: 'ERR_UNAUTHORIZED' })
    signIn()
    expect(await store.read('vault')).toBeNull()
  })

  test('is left alone by a request that is given up while it is waited for', async () => {
    const store = createRemoteStorageStore({ remoteStorage: newApp(), path: path() })
    const before = handlers()
    const controller = new AbortController()
    const writing = store.write('vault', DATA, null, { signal: controller.signal })
    controller.abort()
    await expect(writing).rejects.toMatchObject({ code: 'ERR_ABORTED' })
    expect(handlers()).toBe(before)
  })

  test('keeps the vault out of its cache, whatever it does with the folder around', async () => {
    const place = path()
    newApp()
    app.caching.set('/vaults/', 'ALL')
    const store = createRemoteStorageStore({ remoteStorage: app, path: place })
    signIn()
    await store.read('vault')
    expect(app.caching.checkPath(`/${place}/shards/0`)).toBe('FLUSH')
    expect(app.caching.checkPath('/vaults/other')).toBe('ALL')
  })

  test('other apps get the bytes as they are', async () => {
    const place = path()
    const store = createRemoteStorageStore({ remoteStorage: newApp(), path: place })
    signIn()
    await store.write('vault', DATA, null)
    const { body, contentType } = await app.remote.get(`/${place}/vault`)
    expect(new Uint8Array(body as unknown as ArrayBuffer)).toEqual(DATA)
    expect(contentType).toMatch(/^application\/octet-stream/)
  })

  test.each([
    ['a service that is no remoteStorage', { backend: 'dropbox' }, {}],
    [
      'a server too old to compare versions',
      {},
      { storageApi: 'https://www.w3.org/community/rww/wiki/read-write-web-00#simple' },
    ],
  ])('%s is refused', async (_, overApp, overRemote) => {
    const remote = { connected: true, href: server.href, token: server.tokens.readWrite, ...overRemote }
    const remoteStorage = { remote, on: () => undefined, removeEventListener: () => undefined, ...overApp }
    const store = createRemoteStorageStore({ remoteStorage, path: path() })
    await expect(store.read('vault')).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' })
    newApp()
  })
})

describe('an address and a token', () => {
  test('are enough, with the storage root', async () => {
    const { href, tokens } = server
    await roundTrip(createRemoteStorageStore({ href: `${href}/`, token: tokens.readWrite, path: path() }))
  })

  test("are enough, with the user's address, which is looked up once", async () => {
    const { userAddress, tokens } = server
    await server.takeRequests()
    const store = createRemoteStorageStore({ userAddress, token: tokens.readWrite, path: path() })
    await Promise.all([store.read('vault'), store.read('shards/0')])
    await roundTrip(store)
    const lookups = (await server.takeRequests()).filter((request) => request.includes('/.well-known/'))
    expect(lookups).toHaveLength(1)
  })

  test('of a user whom no server knows are not found, another time perhaps', async () => {
    const store = createRemoteStorageStore({ userAddress: 'ada@localhost:1', token: 'T0ken', path: path() })
    for (let attempt = 0; attempt < 2; attempt++) {
      await expect(store.read('vault')).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE' })
    }
    await expect(store.read('vault', { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ERR_ABORTED' })
    const controller = new AbortController()
    const writing = store.write('vault', DATA, null, { signal: controller.signal })
    controller.abort()
    await expect(writing).rejects.toMatchObject({ code: 'ERR_ABORTED' })
  })

  test.each(['a path with blanks', "it's (mine)!", 'ümlaut', '50%'])('folder %j keeps a vault', async (name) => {
    const { href, tokens } = server
    const store = createRemoteStorageStore({ href, token: tokens.readWrite, path: `${path()}/${name}` })
    await roundTrip(store)
    const version = await store.write('shards/0', DATA, null)
    const found: unknown[] = []
    for await (const file of store.list('shards/')) found.push(file)
    expect(found).toEqual([{ key: 'shards/0', version, size: DATA.length }])
  })
})

test('a change that the platform sends twice on its way is a conflict, and not done', async () => {
  const place = { href: server.href, token: server.tokens.readWrite, path: path() }
  const doubling = createRemoteStorageStore({ ...place, fetch: sendTwice(fetch) })
  expect(await doubledChanges(createRemoteStorageStore(place), doubling)).toEqual(MET_THEMSELVES)
})

describe('tokens', () => {
  async function refusal(token: string, send: (store: BlobStore) => Promise<unknown>): Promise<void> {
    const store = createRemoteStorageStore({ href: server.href, token, path: path() })
    const error: unknown = await send(store).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'ERR_UNAUTHORIZED', message: expect.stringContaining('sign in again') })
    expect(inspect(error, { depth: 20, showHidden: true, getters: true })).not.toContain(token)
  }

  test.each([
    ['unknown', () => 'unknownT0ken'],
    ['of another scope', () => server.tokens.foreign],
  ])('one that is %s is refused', async (_, token) => {
    await refusal(token(), (store) => store.read('vault'))
    await refusal(token(), (store) => store.write('vault', DATA, null))
    await refusal(token(), (store) => store.delete('vault', '1'))
    await refusal(token(), (store) => store.list('')[Symbol.asyncIterator]().next())
  })

  test('one for reading only reads', async () => {
    const { href, tokens } = server
    const store = createRemoteStorageStore({ href, token: tokens.readOnly, path: path() })
    expect(await store.read('vault')).toBeNull()
    await refusal(tokens.readOnly, (other) => other.write('vault', DATA, null))
  })

  test('one that is revoked is refused from then on', async () => {
    const revoked = await Armadietto.start()
    try {
      const { href, tokens } = revoked
      const store = createRemoteStorageStore({ href, token: tokens.readWrite, path: path() })
      const version = await store.write('vault', DATA, null)
      await revoked.revoke(tokens.readWrite)
      await expect(store.write('vault', DATA, version)).rejects.toMatchObject({ code: 'ERR_UNAUTHORIZED' })
      await expect(store.read('vault')).rejects.toMatchObject({ code: 'ERR_UNAUTHORIZED' })
    } finally {
      await revoked.stop()
    }
  })
})
