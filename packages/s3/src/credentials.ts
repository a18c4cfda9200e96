import { type Runtime, VaultError } from '@vaultdb/core'
import { isVaultError, SharedWork } from '@vaultdb/core/adapter'

/** Keys of an account, or temporary ones. */
export interface S3Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** Belongs to temporary keys. */
  readonly sessionToken?: string
  /**
   * When temporary keys expire: they are renewed a minute before. Without it they are renewed once the service says that they have
   * expired.
   */
  readonly expiration?: Date
}

/**
 * Gets credentials, also renewed ones: asked once however many requests wait. The providers of the AWS SDK
 * (`@aws-sdk/credential-providers`) fit. It may throw a `VaultError` with `ERR_UNAVAILABLE`, which is tried again; anything else
 * it throws becomes `ERR_UNAUTHORIZED`.
 */
export type S3CredentialsProvider = (options: { readonly signal: AbortSignal }) => Promise<S3Credentials>

/** A request may wait in a queue, and clocks differ. */
const RENEW_BEFORE_EXPIRY_MS = 60_000

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}

/** Whether this fits into a header; of what does not, the platform's error would quote it. */
function isHeaderText(value: unknown): boolean {
  return typeof value === 'string' && /^[\x21-\x7e]+$/.test(value)
}

/** Throws unless these can be credentials; `make` makes the error. */
function checked(credentials: S3Credentials, make: (message: string) => Error): S3Credentials {
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = credentials ?? {}
  if (!isText(accessKeyId) || !isText(secretAccessKey)) {
    throw make('Credentials are an object with the texts accessKeyId and secretAccessKey.')
  }
  if (!isHeaderText(accessKeyId) || (sessionToken !== undefined && !isHeaderText(sessionToken))) {
    throw make('An accessKeyId and a sessionToken are made of visible ASCII characters: no space, no line end.')
  }
  if (expiration !== undefined && !(expiration instanceof Date)) throw make('An expiration is a Date.')
  return { ...credentials }
}

/** What a provider threw may hold a token or an answer with one, so it is not passed on as `cause`. */
function providerFailure(error: unknown): unknown {
  if (isVaultError(error)) return error
  const name = error instanceof Error ? error.name : typeof error
  return unauthorized(`The function that gets the credentials failed (${name}). Sign in again.`)
}

function unauthorized(message: string): VaultError {
  return new VaultError('ERR_UNAUTHORIZED', message)
}

/** The credentials in use, renewed when they expire or are called expired. */
export class CredentialSource {
  readonly #clock: Pick<Runtime, 'now'>
  readonly #renewal: SharedWork<S3Credentials> | undefined
  #current: S3Credentials | undefined

  /** @throws TypeError for credentials that can be none. */
  constructor(source: S3Credentials | S3CredentialsProvider, clock: Pick<Runtime, 'now'>) {
    this.#clock = clock
    if (typeof source === 'function') this.#renewal = new SharedWork((signal) => this.#renew(source, signal))
    else this.#current = checked(source, (message) => new TypeError(message))
  }

  /** Credentials that have not expired as far as is known. */
  async get(signal: AbortSignal | undefined): Promise<S3Credentials> {
    if (this.#current !== undefined && !this.#mustRenew(this.#current)) return this.#current
    return (await this.#renewal?.join(signal)) as S3Credentials
  }

  /** Does not use these any more, which the service has called expired. Whether others can be had. */
  discard(expired: S3Credentials): boolean {
    if (this.#renewal === undefined) return false
    if (this.#current === expired) this.#current = undefined
    return true
  }

  #mustRenew({ expiration }: S3Credentials): boolean {
    if (this.#renewal === undefined || expiration === undefined) return false
    return expiration.getTime() - RENEW_BEFORE_EXPIRY_MS <= this.#clock.now()
  }

  async #renew(provider: S3CredentialsProvider, signal: AbortSignal): Promise<S3Credentials> {
    try {
      this.#current = checked(await provider({ signal }), unauthorized)
      return this.#current
    } catch (error) {
      throw providerFailure(error)
    }
  }
}
