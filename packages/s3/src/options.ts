import { createRuntime, type Runtime } from '@vaultdb/core'
import { checkOptions, type Fetch } from '@vaultdb/core/adapter'
import type { S3Credentials, S3CredentialsProvider } from './credentials.ts'
import type { S3Traits } from './probe.ts'
import type { S3Sign } from './signing.ts'

/** Options of `createS3Store`. Exactly one of `credentials` and `sign` must be given. */
export interface S3StoreOptions {
  /** Address of the service, without the bucket: `https://s3.eu-central-1.amazonaws.com`. */
  readonly endpoint: string
  /** Name of the bucket, which must exist. */
  readonly bucket: string
  /**
   * What the names of the vault's objects begin with: segments of A-Z a-z 0-9 . _ - joined by `/`, at most 800 characters.
   * Default: none, the bucket is the vault's alone.
   */
  readonly prefix?: string
  /** The service's region. Default: the one in the endpoint's host name, as AWS writes it; else `us-east-1`. */
  readonly region?: string
  /**
   * Where the bucket's name stands: in the path, or before the endpoint's host name. Default `'virtual-host'` for AWS, else
   * `'path'`.
   */
  readonly addressing?: 'path' | 'virtual-host'
  /** Keys to sign with, or a function that gets them, which is asked again when they expire. */
  readonly credentials?: S3Credentials | S3CredentialsProvider
  /** Signs each request in place of `credentials`: a server that hands out pre-signed addresses, say. */
  readonly sign?: S3Sign
  /** What `probe()` of an earlier store found for this bucket; then nothing is probed. Default: probed before the first write. */
  readonly traits?: S3Traits
  /** Sends the requests; the default is the platform's. It must not send one twice, nor answer one from a cache. */
  readonly fetch?: Fetch
  /** Clock and randomness; the default is the platform's. */
  readonly runtime?: Pick<Runtime, 'now' | 'randomBytes'>
}

/** The options with their defaults, checked. */
export interface ResolvedOptions {
  readonly endpoint: URL
  readonly bucket: string
  /** Empty, or with `/` at its end. */
  readonly prefix: string
  readonly region: string | undefined
  readonly addressing: 'path' | 'virtual-host'
  readonly credentials: S3Credentials | S3CredentialsProvider | undefined
  readonly sign: S3Sign | undefined
  readonly traits: S3Traits | undefined
  readonly fetch: Fetch
  readonly runtime: Pick<Runtime, 'now' | 'randomBytes'>
}

const NAMES: readonly string[] = [
  'endpoint',
  'bucket',
  'prefix',
  'region',
  'addressing',
  'credentials',
  'sign',
  'traits',
  'fetch',
  'runtime',
] satisfies (keyof S3StoreOptions)[]

/** Ceph and old regions of AWS allow more than today's rules; what could change the meaning of an address, none does. */
const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._-]{2,254}$/
/** Characters that need no escape in any address, signature or listing. A segment of dots alone would be resolved away. */
const PREFIX = /^(?!.{801})(?:(?!\.+(?:\/|$))[A-Za-z0-9._-]+(?:\/(?!$)|\/?$))*$/

/** No message repeats what was given: people put keys into addresses, and into the wrong option. */
function endpointOf(endpoint: string): URL {
  if (typeof endpoint !== 'string' || !URL.canParse(endpoint)) {
    throw new TypeError("Option `endpoint` must be the service's address: https://s3.eu-central-1.amazonaws.com, say.")
  }
  const url = new URL(endpoint)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new TypeError('Option `endpoint` must begin with https:// or http://.')
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new TypeError('Option `endpoint` must hold no keys, query or fragment: keys go into `credentials`.')
  }
  return url
}

function check(isRight: boolean, name: keyof S3StoreOptions, what: string): void {
  if (!isRight) throw new TypeError(`Option \`${name}\` must be ${what}.`)
}

function assertTraits(traits: S3Traits): void {
  const isRight =
    typeof traits === 'object' &&
    (traits?.ifMatch === 'quoted' || traits?.ifMatch === 'unquoted') &&
    typeof traits.conditionalDelete === 'boolean' &&
    typeof traits.trustworthyListings === 'boolean'
  check(isRight, 'traits', 'what probe() resolved to')
}

function assertCredentials(credentials: unknown, sign: unknown): void {
  if ((credentials === undefined) === (sign === undefined)) {
    throw new TypeError('Give either option `credentials` or option `sign`.')
  }
  check(
    sign === undefined || typeof sign === 'function',
    'sign',
    'a function that resolves to the address and headers to send',
  )
  check(
    credentials === undefined || typeof credentials === 'function' || credentials instanceof Object,
    'credentials',
    'an object with accessKeyId and secretAccessKey, or a function that resolves to one',
  )
}

/** The options with their defaults. Throws a `TypeError` for what they cannot be. */
export function resolveOptions(options: S3StoreOptions): ResolvedOptions {
  if (typeof options !== 'object' || options === null) throw new TypeError('The options must be an object.')
  checkOptions(options, NAMES, 'createS3Store')
  const { bucket, prefix = '', region, credentials, sign, traits, fetch, runtime = createRuntime() } = options
  const endpoint = endpointOf(options.endpoint)
  check(typeof bucket === 'string' && BUCKET.test(bucket), 'bucket', 'the name of a bucket')
  check(
    typeof prefix === 'string' && PREFIX.test(prefix),
    'prefix',
    'segments of A-Z a-z 0-9 . _ - joined by "/", at most 800 characters',
  )
  check(region === undefined || /^[A-Za-z0-9-]{1,64}$/.test(region), 'region', 'the name of a region')
  const { addressing = endpoint.hostname.endsWith('.amazonaws.com') ? 'virtual-host' : 'path' } = options
  check(addressing === 'path' || addressing === 'virtual-host', 'addressing', "'path' or 'virtual-host'")
  check(fetch === undefined || typeof fetch === 'function', 'fetch', 'a function like fetch')
  assertCredentials(credentials, sign)
  if (traits !== undefined) assertTraits(traits)
  return {
    endpoint,
    bucket,
    prefix: prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`,
    region,
    addressing,
    credentials,
    sign,
    traits,
    fetch: fetch ?? ((url, init) => globalThis.fetch(url, init)),
    runtime,
  }
}
