import { createS3Store, type S3StoreOptions } from '@vaultdb/s3'
import { describe, expect, test } from 'vitest'

const GOOD: S3StoreOptions = {
  endpoint: 'https://s3.example',
  bucket: 'vaults',
  credentials: { accessKeyId: 'id', secretAccessKey: 'secret' },
}
const traits = { ifMatch: 'quoted', conditionalDelete: false, trustworthyListings: true }

const BAD: readonly [name: string, options: Record<string, unknown>][] = [
  ['an unknown option', { acessKey: 'x' }],
  ['an endpoint that is no address', { endpoint: 's3.example' }],
  ['an endpoint of another protocol', { endpoint: 'file:///tmp' }],
  ['keys in the endpoint', { endpoint: 'https://id:hidden-key@s3.example' }],
  ['a query in the endpoint', { endpoint: 'https://s3.example/?X-Amz-Signature=hidden-key' }],
  ['a bucket with a slash', { bucket: 'vaults/hidden-key' }],
  ['a bucket of dots', { bucket: '...' }],
  ['a prefix that climbs', { prefix: 'a/../b' }],
  ['a prefix of a dot', { prefix: './a' }],
  ['a prefix with an empty segment', { prefix: 'a//b' }],
  ['a prefix that begins with a slash', { prefix: '/a' }],
  ['a prefix with a space', { prefix: 'a b' }],
  ['a prefix that is too long', { prefix: 'x'.repeat(801) }],
  ['a region with a slash', { region: 'a/b' }],
  ['another addressing', { addressing: 'dns' }],
  ['neither credentials nor sign', { credentials: undefined }],
  ['both credentials and sign', { sign: async () => ({ url: '' }) }],
  ['credentials without a secret', { credentials: { accessKeyId: 'hidden-key' } }],
  ['credentials of text', { credentials: 'hidden-key' }],
  ['an empty session token', { credentials: { accessKeyId: 'a', secretAccessKey: 'b', sessionToken: '' } }],
  ['an expiration of text', { credentials: { accessKeyId: 'a', secretAccessKey: 'b', expiration: '2026' } }],
  ['traits of another form', { traits: { ...traits, ifMatch: 'none' } }],
  ['a fetch that is no function', { fetch: 'https://s3.example' }],
]

describe('refused, without repeating what was given', () => {
  test.each(BAD)('%s', (_name, options) => {
    const make = (): unknown => createS3Store({ ...GOOD, ...options } as S3StoreOptions)
    expect(make).toThrow(TypeError)
    expect(make).not.toThrow(/hidden-key/)
  })

  test('no options at all', () => {
    expect(() => createS3Store(null as unknown as S3StoreOptions)).toThrow(TypeError)
  })
})

/** The address that a store made with these options reads file `vault` from. */
async function addressOfVault(options: Partial<S3StoreOptions>): Promise<string> {
  const urls: string[] = []
  const fetch = async (url: string): Promise<Response> => {
    urls.push(url)
    return new Response('<Error><Code>NoSuchKey</Code></Error>', { status: 404 })
  }
  expect(await createS3Store({ ...GOOD, fetch, ...options }).read('vault')).toBeNull()
  expect(urls).toHaveLength(1)
  return urls[0] as string
}

describe('addresses', () => {
  test.each<[string, Partial<S3StoreOptions>]>([
    ['https://s3.example/vaults/vault', {}],
    ['https://s3.example/vaults/a/b.c/vault', { prefix: 'a/b.c' }],
    ['https://s3.example/vaults/a/b/vault', { prefix: 'a/b/' }],
    ['https://s3.example:8443/storage/s3/vaults/vault', { endpoint: 'https://s3.example:8443/storage/s3/' }],
    ['https://vaults.s3.example/a/vault', { prefix: 'a', addressing: 'virtual-host' }],
    ['https://vaults.s3.eu-central-1.amazonaws.com/vault', { endpoint: 'https://s3.eu-central-1.amazonaws.com' }],
    [
      'https://s3.eu-central-1.amazonaws.com/vaults/vault',
      { endpoint: 'https://s3.eu-central-1.amazonaws.com', addressing: 'path' },
    ],
  ])('%s', async (url, options) => {
    expect(await addressOfVault(options)).toBe(url)
  })
})
