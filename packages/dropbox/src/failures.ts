import { type Runtime, VaultError, type VaultErrorCode } from '@vaultdb/core'
import { isVaultError, reasonOf, retryAfterMs } from '@vaultdb/core/adapter'
import { DropboxResponseError } from 'dropbox'

type Clock = Pick<Runtime, 'now'>
type Meaning = readonly [code: VaultErrorCode, advice: string]

const IN_THE_WAY: Meaning = ['ERR_UNSUPPORTED', "Something else is in the vault's place: choose another folder."]
const REFUSED: Meaning = ['ERR_UNAUTHORIZED', 'The app may not do this: check its permissions, and sign in again.']
const FULL: Meaning = ['ERR_QUOTA', 'This Dropbox is full: make room and try again.']
const LATER: Meaning = ['ERR_UNAVAILABLE', 'Try again later.']
const FOREIGN: Meaning = [
  'ERR_UNAVAILABLE',
  "This answer is not Dropbox's: a network that wants a sign-in, or a proxy.",
]
const SIGN_IN_AGAIN: Meaning = ['ERR_UNAUTHORIZED', 'The access was revoked or has expired: sign in to Dropbox again.']
const WRONG_REQUEST: Meaning = ['ERR_UNSUPPORTED', 'Dropbox does not take such a request (any more): update VaultDB.']

/** What the members of Dropbox's tagged unions mean; the innermost known one counts. Others may be gone at the next try. */
const TAGS: ReadonlyMap<string, Meaning> = new Map([
  ['conflict', ['ERR_CONFLICT', 'It is not the version that was to be replaced. Read it again.']],
  ['folder', IN_THE_WAY],
  ['file_ancestor', IN_THE_WAY],
  ['not_file', IN_THE_WAY],
  ['not_folder', IN_THE_WAY],
  ['unsupported_file', IN_THE_WAY],
  ['malformed_path', IN_THE_WAY],
  ['disallowed_name', IN_THE_WAY],
  ['team_folder', IN_THE_WAY],
  ['operation_suppressed', IN_THE_WAY],
  ['no_write_permission', REFUSED],
  ['access_restricted', REFUSED],
  ['restricted_content', REFUSED],
  ['insufficient_space', FULL],
  ['team_folder_insufficient_space', FULL],
  ['member_folder_insufficient_space', FULL],
  ['upload_traffic_limit_reached', FULL],
  ['payload_too_large', ['ERR_TOO_LARGE', 'Dropbox takes no file of that size.']],
])

/** The tags of a union and of those in it, from the outside in: `['path', 'conflict', 'file']`. */
export function tagsOf(union: unknown): string[] {
  if (typeof union !== 'object' || union === null) return []
  const { '.tag': tag, ...fields } = union as Readonly<Record<string, unknown>>
  const inner = Object.values(fields).map(tagsOf)
  const deepest = inner.find((tags) => tags.length > 0) ?? []
  // Nothing else of an answer gets into a message: error texts may repeat what was sent, tokens included.
  return typeof tag === 'string' && /^[a-z_]{1,50}$/.test(tag) ? [tag, ...deepest] : deepest
}

/** The union inside an error body: `{ error_summary, error }`. */
function unionIn(body: unknown): unknown {
  return typeof body === 'object' && body !== null && 'error' in body ? body.error : undefined
}

function meaningOf(status: number, body: unknown, tags: readonly string[]): Meaning {
  const known = [...tags]
    .reverse()
    .map((tag) => TAGS.get(tag))
    .find((meaning) => meaning !== undefined)
  if (status === 0 || (status >= 300 && status < 400)) return FOREIGN // Dropbox redirects nobody
  switch (status) {
    case 400:
      if (typeof body !== 'string' || !body.startsWith('Error in call to API function')) return FOREIGN
      return /authorization|access token/i.test(body) ? SIGN_IN_AGAIN : WRONG_REQUEST
    case 401:
      if (tags.length === 0) return FOREIGN
      return tags.includes('missing_scope') || tags.includes('route_access_denied') ? REFUSED : SIGN_IN_AGAIN
    case 403:
      return tags.length === 0 ? FOREIGN : REFUSED
    case 409:
      return tags.length === 0 ? FOREIGN : (known ?? LATER)
    case 413:
      return ['ERR_TOO_LARGE', 'Nothing of that size gets through to Dropbox.']
    default:
      return LATER
  }
}

/** How long Dropbox asks to wait. Pages of other sites cannot see the header, so it is in the body as well. */
function pauseMs(headers: unknown, body: unknown, clock: Clock): number | undefined {
  const inHeader = headers instanceof Headers ? retryAfterMs(headers, clock) : undefined
  if (inHeader !== undefined) return inHeader
  const union = unionIn(body)
  const seconds = typeof union === 'object' && union !== null && 'retry_after' in union ? union.retry_after : undefined
  return typeof seconds === 'number' && seconds >= 0 ? seconds * 1000 : undefined
}

/** The status of an answer that the SDK took for an error, and the tags in it. */
export function refusalOf(error: unknown): { readonly status: number; readonly tags: readonly string[] } | undefined {
  if (!(error instanceof DropboxResponseError)) return undefined
  return { status: error.status, tags: tagsOf(unionIn(error.error)) }
}

/** The error for callers. What is not known for certain to have changed nothing is `ERR_UNAVAILABLE`. */
export function failure(error: unknown, doing: string, clock: Clock): VaultError {
  if (isVaultError(error)) return error
  if (!(error instanceof DropboxResponseError)) {
    const reason = reasonOf(error)
    const what =
      reason === ''
        ? 'Dropbox could not be reached, or its answer makes no sense. Try again later.'
        : `Dropbox could not be reached${reason}. Check the connection.`
    return new VaultError('ERR_UNAVAILABLE', `Cannot ${doing}: ${what}`)
  }
  const { status, headers, error: body } = error as DropboxResponseError<unknown>
  const tags = tagsOf(unionIn(body))
  const [code, advice] = meaningOf(status, body, tags)
  const waitMs = code === 'ERR_UNAVAILABLE' ? pauseMs(headers, body, clock) : undefined
  const details = waitMs === undefined ? {} : { retryAfterMs: waitMs }
  return new VaultError(code, `Cannot ${doing} (HTTP ${[status, ...tags].join(' ')}). ${advice}`, details)
}

/** The error for an answer that Dropbox would never give. */
export function foreignAnswer(what: string): VaultError {
  return new VaultError('ERR_UNAVAILABLE', `${what} ${FOREIGN[1]}`)
}
