import { createRemoteStorageStore } from '@vaultdb/remotestorage'
import { afterEach, expect, test, vi } from 'vitest'

afterEach(() => {
  vi.doUnmock('remotestoragejs')
  vi.resetModules()
})

function findStorage(found: object): Promise<unknown> {
  vi.doMock('remotestoragejs', () => ({ default: { Discover: async () => found } }))
  const sent = async (): Promise<Response> => new Response(null, { status: 404 })
  const options = { userAddress: 'ada@storage.example', token: 'T0ken', path: 'notes', fetch: sent }
  return createRemoteStorageStore(options).read('vault')
}

test.each([
  ['https', { href: 'https://storage.example/ada' }],
  ['this machine', { href: 'http://127.0.0.1:8000/ada' }],
  ['this machine by name', { href: 'http://localhost/ada' }],
])('a token goes to %s', async (_, found) => {
  expect(await findStorage(found)).toBeNull()
})

test.each([
  ['an address without TLS', { href: 'http://storage.example/ada' }],
  ['one that only looks like this machine', { href: 'http://localhost.evil.example/ada' }],
  ['another one that does', { href: 'http://127.0.0.1.evil.example/ada' }],
  ['no address', { href: 'undefined' }],
  ['a server too old', { href: 'https://s.example', storageApi: 'draft-dejong-remotestorage-00' }],
])('and never to %s', async (_, found) => {
  await expect(findStorage(found)).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' })
})

test('a library that cannot be loaded is a typed error', async () => {
  vi.doMock('remotestoragejs', () => {
    throw new TypeError('import() is disallowed on ServiceWorkerGlobalScope.')
  })
  const store = createRemoteStorageStore({ userAddress: 'ada@storage.example', token: 'T0ken', path: 'notes' })
  await expect(store.read('vault')).rejects.toMatchObject({
    code: 'ERR_UNAVAILABLE',
    message: expect.stringContaining('`href`'),
  })
  const unsent = { code: 'ERR_UNAVAILABLE', applied: 'no' }
  await expect(store.write('vault', new Uint8Array(1), null)).rejects.toMatchObject(unsent)
  await expect(store.delete('vault', '1')).rejects.toMatchObject(unsent)
})
