import { VaultError, type VaultErrorCode } from '@vaultdb/core'
import type { Answer } from './answers.ts'

type Meaning = readonly [code: VaultErrorCode, advice: string]

const LATER: Meaning = ['ERR_UNAVAILABLE', 'Try again later.']
const PLACE: Meaning = ['ERR_UNSUPPORTED', "The server takes no such request: check the address of the user's storage."]
const FOREIGN: Meaning = [
  'ERR_UNAVAILABLE',
  "This answer is not the storage server's: a network that wants a sign-in, a proxy, or a wrong address.",
]

/** What the status of an answer means that is no success (draft-dejong-remotestorage-22, section 5). */
const MEANINGS: ReadonlyMap<number, Meaning> = new Map([
  [400, PLACE],
  [401, ['ERR_UNAUTHORIZED', 'The token has expired or was revoked: sign in again.']],
  // Also for an unknown token: not all servers tell the two apart.
  [403, ['ERR_UNAUTHORIZED', 'The token is not (or no longer) valid for this folder: sign in again, with its scope.']],
  [405, PLACE],
  [
    409,
    ['ERR_UNSUPPORTED', 'A file stands where the vault needs a folder, or the other way round: choose another `path`.'],
  ],
  [412, ['ERR_CONFLICT', 'It is not the version that was to be replaced. Read it again.']],
  [413, ['ERR_TOO_LARGE', 'The server takes no file as large as this one.']],
  [501, PLACE],
  [507, ['ERR_QUOTA', 'The storage is full: make room and try again.']],
])

function meaningOf({ status, isPage, asksForToken }: Answer): Meaning {
  // No server has this answer to a write: a proxy that has lost its server does, say.
  if (status === 0 || (status >= 300 && status < 400) || status === 404) return FOREIGN
  // Who stands in between may not know what became of what it did not let through.
  if (isPage && status < 405 && !asksForToken) return FOREIGN
  return MEANINGS.get(status) ?? LATER
}

/** The error for an answer that is no success; `doing` is what could not be done. */
export function failureOf(answer: Answer, doing: string): VaultError {
  const [code, advice] = meaningOf(answer)
  const { status, retryAfterMs } = answer
  const details = code === 'ERR_UNAVAILABLE' && retryAfterMs !== undefined ? { retryAfterMs } : {}
  return new VaultError(
    code,
    `Cannot ${doing} (${status === 0 ? 'a redirection' : `HTTP ${status}`}). ${advice}`,
    details,
  )
}

/** The error for a success that does not say which version it is about. */
export function withoutVersion(code: 'ERR_UNAVAILABLE' | 'ERR_UNSUPPORTED', doing: string): VaultError {
  const advice =
    'Something on the way takes it out; or, in a web page, the server does not expose it (Access-Control-Expose-Headers: ETag).'
  return new VaultError(code, `Cannot ${doing}: the answer has no ETag. ${advice}`)
}

/** The error for an answer that no storage server gives. */
export function foreign(doing: string): VaultError {
  const [code, advice] = FOREIGN
  return new VaultError(code, `Cannot ${doing}. ${advice}`)
}
