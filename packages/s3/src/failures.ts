import { VaultError, type VaultErrorCode } from '@vaultdb/core'

/** What an answer that is no success was: its status, and what it says besides, as far as that may be told. */
export interface Refusal {
  /** 0 where a browser hides a redirection. */
  readonly status: number
  /** `<Code>` of the service's error document; `null` where the answer holds none. Its other texts quote what was signed. */
  readonly code: string | null
  readonly retryAfterMs: number | undefined
  /** How far the service's clock is ahead of this one, where the answer tells. */
  readonly clockAheadMs: number | undefined
}

type Meaning = readonly [VaultErrorCode, string]

const KEYS: Meaning = ['ERR_UNAUTHORIZED', 'Check the access key and its secret.']
const EXPIRED: Meaning = ['ERR_UNAUTHORIZED', 'The credentials have expired or were revoked. Get new ones.']
const REGION: Meaning = [
  'ERR_UNSUPPORTED',
  "The bucket is in another region. Set the bucket's own endpoint and `region`.",
]
const CONDITIONS: Meaning = [
  'ERR_UNSUPPORTED',
  'The service does not take conditional writes, without which a vault is not safe. Use another service.',
]
const PLACE: Meaning = ['ERR_UNSUPPORTED', 'Check the endpoint, the name of the bucket and the prefix.']
const FULL: Meaning = ['ERR_QUOTA', 'The bucket or account is full: make room and try again.']
const LARGE: Meaning = ['ERR_TOO_LARGE', 'The service, or a proxy before it, takes no file as large as this one.']
const AGAIN: Meaning = ['ERR_UNAVAILABLE', 'Try again later.']
const FOREIGN: Meaning = [
  'ERR_UNAVAILABLE',
  'This answer is of no S3 service: a network that wants a sign-in, a proxy, or a wrong endpoint.',
]

/** What the codes of the services mean that leave no doubt; every other one may be gone at the next try. */
const MEANINGS: ReadonlyMap<string, Meaning> = new Map([
  [
    'AccessDenied',
    [
      'ERR_UNAUTHORIZED',
      'The credentials need the permissions to get, put and delete objects and to list the bucket (without the last one the ' +
        'service does not say that a file is absent).',
    ],
  ],
  ['AllAccessDisabled', KEYS],
  ['InvalidAccessKeyId', KEYS],
  ['InvalidClientTokenId', KEYS],
  ['SignatureDoesNotMatch', KEYS],
  ['UserSuspended', KEYS],
  ['ExpiredToken', EXPIRED],
  ['InvalidToken', EXPIRED],
  ['RequestExpired', EXPIRED],
  ['TokenRefreshRequired', EXPIRED],
  ['UnrecognizedClientException', EXPIRED],
  ['AuthorizationHeaderMalformed', REGION],
  ['PermanentRedirect', REGION],
  ['TemporaryRedirect', REGION],
  ['IllegalLocationConstraintException', REGION],
  ['NotImplemented', CONDITIONS],
  ['InvalidBucketName', PLACE],
  ['KeyTooLongError', PLACE],
  ['MethodNotAllowed', PLACE],
  ['NoSuchBucket', PLACE],
  ['QuotaExceeded', FULL],
  ['InsufficientStorage', FULL],
  ['StorageFull', FULL],
  ['XMinioStorageFull', FULL],
  ['XMinioAdminBucketQuotaExceeded', FULL],
  ['EntityTooLarge', LARGE],
  [
    'InvalidObjectState',
    ['ERR_UNSUPPORTED', 'A lifecycle rule of the bucket has moved the file to an archive: restore it.'],
  ],
])

/** Codes of a refusal for the credentials' age, after which renewed ones may do; the request itself was not looked at. */
const RENEWABLE: ReadonlySet<string | null> = new Set([
  'ExpiredToken',
  'InvalidToken',
  'RequestExpired',
  'TokenRefreshRequired',
  'InvalidAccessKeyId',
])

const MS_PER_MINUTE = 60_000

function skewAdvice({ clockAheadMs }: Refusal): string {
  const minutes = Math.round(Math.abs(clockAheadMs ?? 0) / MS_PER_MINUTE)
  const how = minutes === 0 ? '' : `, by some ${minutes} minutes ${(clockAheadMs ?? 0) > 0 ? 'slow' : 'fast'}`
  return `This device's clock is wrong${how}: set it and try again.`
}

function meaningOf(refusal: Refusal): Meaning {
  const { status, code } = refusal
  if (code === 'RequestTimeTooSkewed') return ['ERR_UNAUTHORIZED', skewAdvice(refusal)]
  const meaning = code === null ? undefined : MEANINGS.get(code)
  if (meaning !== undefined) return meaning
  // Only the service itself writes error documents; what stands in between may not have known what it refused.
  if (code !== null && (status === 401 || status === 403)) return KEYS
  // Who counts the bytes itself passes on none of a body that is too long (RFC 9110, section 15.5.14): nginx, by default, of 1 MB.
  if (status === 413) return LARGE
  if (code !== null && status === 507) return FULL
  if (status < 400 || (code === null && status < 408)) return FOREIGN
  return AGAIN
}

/** Whether the service refused a request because its credentials are too old. */
export function isExpiry({ code }: Refusal): boolean {
  return RENEWABLE.has(code)
}

/** The error for callers; `doing` is what could not be done. */
export function failureOf(refusal: Refusal, doing: string): VaultError {
  const { status, code, retryAfterMs } = refusal
  const [errorCode, advice] = meaningOf(refusal)
  const details = errorCode === 'ERR_UNAVAILABLE' && retryAfterMs !== undefined ? { retryAfterMs } : {}
  return new VaultError(
    errorCode,
    `Cannot ${doing} (${[status || 'a redirection', code].filter(Boolean).join(' ')}). ${advice}`,
    details,
  )
}

/** The error for an answer that is not what the service gives. */
export function strange(doing: string, what: string): VaultError {
  return new VaultError(
    'ERR_UNAVAILABLE',
    `Cannot ${doing}: ${what}. Something between here and the service answers for it.`,
  )
}
