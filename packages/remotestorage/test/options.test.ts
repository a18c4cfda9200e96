import { createRemoteStorageStore, type RemoteStorageStoreOptions } from '@vaultdb/remotestorage'
import { describe, expect, test } from 'vitest'

const GOOD = { href: 'https://storage.example/storage/ada', token: 'T0ken~._-+/==', path: 'notes/vault' }

function make(options: object): unknown {
  return createRemoteStorageStore(options as RemoteStorageStoreOptions)
}

describe('options', () => {
  test('good ones are taken', () => {
    expect(make(GOOD)).toMatchObject({
      name: 'remotestorage',
      capabilities: { atomicUpdate: true, atomicReads: false },
    })
    expect(() => make({ ...GOOD, href: 'http://127.0.0.1:8000/storage/ada/' })).not.toThrow()
    expect(() => make({ token: 'T', path: '/notes/', userAddress: 'ada@storage.example:8000' })).not.toThrow()
  })

  const wrong: [name: string, options: unknown][] = [
    ['unknown', { ...GOOD, tokn: 'T' }],
    ['no place', { token: 'T', path: 'notes' }],
    ['two places', { ...GOOD, userAddress: 'ada@storage.example' }],
    ['a token beside an app', { remoteStorage: { on() {}, removeEventListener() {} }, token: 'T', path: 'notes' }],
    ['no app', { remoteStorage: {}, path: 'notes' }],
    ['no token', { href: GOOD.href, path: 'notes' }],
    ['no path', { href: GOOD.href, token: 'T' }],
    ['no options', undefined],
    ['an address that is none', { userAddress: 'storage.example', token: 'T', path: 'notes' }],
    ['an address with a path', { userAddress: 'ada@storage.example/x', token: 'T', path: 'notes' }],
    ...[
      '',
      'storage.example',
      'ftp://storage.example',
      'https://a:b@storage.example',
      'https://s.example/?a',
      'https://s.example/#a',
    ].map((href): [string, unknown] => [`href ${href}`, { ...GOOD, href }]),
    ...['', '/', '//', 'a//b', '.', 'a/..', 'a/../b', 'public', 'public/notes', '/public/', 'a\0', '\uD800', 7].map(
      (path): [string, unknown] => [`path ${JSON.stringify(path)}`, { ...GOOD, path }],
    ),
  ]
  test.each(wrong)('%s: a TypeError', (_, options) => {
    expect(() => make(options as object)).toThrow(TypeError)
  })

  test.each(['', 'top secret', 'top\nsecret', 'top\u00e9secret', '=topsecret'])(
    'a token that is none, %j, is not repeated',
    (token) => {
      expect(() => make({ ...GOOD, token })).toThrow('Option `token` must be an OAuth bearer token.')
    },
  )
})
