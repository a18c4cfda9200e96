import { VaultError } from '@vaultdb/core'
import { isVaultError, orAborted } from '@vaultdb/core/adapter'
import { AwsV4Signer } from 'aws4fetch'
import { CredentialSource, type S3Credentials } from './credentials.ts'
import type { ResolvedOptions } from './options.ts'

/** A request as it is to be signed. Its body is named by its SHA-256 in the header `x-amz-content-sha256`. */
export interface S3Request {
  readonly method: 'DELETE' | 'GET' | 'PUT'
  readonly url: string
  /** By lower-case names. Those that begin with `if-` are sent as they are here, whatever the signer answers. */
  readonly headers: Readonly<Record<string, string>>
}

/**
 * Signs a request: resolves to the address and the headers to send, such as a pre-signed address with the headers of the
 * request. Asked for every request; must not answer for another one. It may throw a `VaultError`; anything else it throws
 * becomes `ERR_UNAUTHORIZED`.
 */
export type S3Sign = (
  request: S3Request,
  options: { readonly signal: AbortSignal },
) => Promise<{ readonly url: string; readonly headers?: Readonly<Record<string, string>> }>

/** What to send, and what to do when the service calls the signature's credentials expired. */
export interface Signed {
  readonly url: string
  readonly headers: Headers
  /** Lets go of the credentials; whether signing again may help. */
  expire(): boolean
}

/** Makes requests that the service accepts. */
export type Signer = (request: S3Request, signal: AbortSignal | undefined) => Promise<Signed>

const INSECURE =
  'This page has no WebCrypto, because it was not loaded by https. Load it by https, or give option `sign` in place of ' +
  '`credentials`.'

/** `2026-01-31T12:00:00.000Z` as signatures write it: `20260131T120000Z`. */
function dateTime(nowMs: number): string {
  return new Date(nowMs).toISOString().replace(/[:-]|\.\d{3}/g, '')
}

/** AWS Signature Version 4 by aws4fetch's signer alone: its client would send what failed again. */
function keySigner({ credentials, region, runtime }: ResolvedOptions): Signer {
  const source = new CredentialSource(credentials as NonNullable<typeof credentials>, runtime)
  const derivedKeys = new WeakMap<S3Credentials, Map<string, ArrayBuffer>>()
  return async (request, signal) => {
    if (globalThis.crypto?.subtle === undefined) throw new VaultError('ERR_UNSUPPORTED', INSECURE)
    const current = await source.get(signal)
    const cache = derivedKeys.get(current) ?? new Map<string, ArrayBuffer>()
    derivedKeys.set(current, cache)
    const { accessKeyId, secretAccessKey, sessionToken } = current
    const signer = new AwsV4Signer({
      ...request,
      service: 's3',
      ...(region === undefined ? {} : { region }),
      accessKeyId,
      secretAccessKey,
      ...(sessionToken === undefined ? {} : { sessionToken }),
      datetime: dateTime(runtime.now()),
      cache,
    })
    const { url, headers } = await signer.sign()
    return { url: url.href, headers, expire: () => source.discard(current) }
  }
}

/** What a signer threw may hold a pre-signed address, so it is not passed on as `cause`. */
function signFailure(error: unknown): unknown {
  if (isVaultError(error)) return error
  const name = error instanceof Error ? error.name : typeof error
  return new VaultError('ERR_UNAUTHORIZED', `The function that signs requests failed (${name}). Sign in again.`)
}

function isAddress(url: unknown): url is string {
  return typeof url === 'string' && URL.canParse(url) && /^https?:/.test(url)
}

/** Asks the application for each signature. */
function applicationSigner(sign: NonNullable<ResolvedOptions['sign']>): Signer {
  return async (request, signal) => {
    const asked = async (): Promise<Signed> => {
      try {
        const answer = await sign(request, { signal: signal ?? new AbortController().signal })
        if (!isAddress(answer?.url)) throw new TypeError('The answer has no address.')
        const headers = new Headers(answer.headers ?? request.headers)
        // Without its condition a write would replace whatever is there.
        for (const [name, value] of Object.entries(request.headers))
          if (name.startsWith('if-')) headers.set(name, value)
        return { url: answer.url, headers, expire: () => false }
      } catch (error) {
        throw signFailure(error)
      }
    }
    return await orAborted(asked(), signal)
  }
}

/** The signer that the options ask for. */
export function createSigner(options: ResolvedOptions): Signer {
  return options.sign === undefined ? keySigner(options) : applicationSigner(options.sign)
}
