import { VaultError } from '@vaultdb/core'
import { throwIfAborted } from '@vaultdb/core/adapter'

/** Where to send a request, and what to show there. */
export interface Access {
  /** The storage root, without a slash at its end. */
  readonly root: string
  readonly token: string
}

/** Tells where to send the next request. `ERR_UNAUTHORIZED` where nobody is signed in, `ERR_ABORTED`. */
export type GetAccess = (signal: AbortSignal | undefined) => Promise<Access>

/** RFC 6750, section 2.1. Anything else cannot be a header's value, and `fetch` would quote it in its error. */
const TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/

/** The first drafts, whose servers know no conditional requests. */
const WITHOUT_CONDITIONS: ReadonlySet<unknown> = new Set([
  'https://www.w3.org/community/rww/wiki/read-write-web-00#simple',
  'draft-dejong-remotestorage-00',
])

export function isToken(token: unknown): token is string {
  return typeof token === 'string' && TOKEN.test(token)
}

/** The storage root; `null` for what is none. */
export function toRoot(href: unknown): string | null {
  if (typeof href !== 'string' || !URL.canParse(href)) return null
  const { protocol, origin, pathname, username, password, search, hash } = new URL(href)
  if (!/^https?:$/.test(protocol) || `${username}${password}${search}${hash}` !== '') return null
  return `${origin}${pathname.replace(/\/+$/, '')}`
}

export function assertToken(token: unknown): asserts token is string {
  if (!isToken(token)) throw new TypeError('Option `token` must be an OAuth bearer token.')
}

/** `ERR_UNSUPPORTED` for a server that is known to have no conditional requests. */
export function assertConditions(storageApi: unknown): void {
  if (!WITHOUT_CONDITIONS.has(storageApi)) return
  const message =
    'This remoteStorage server is too old to compare versions, so a vault is not safe there. Use another one.'
  throw new VaultError('ERR_UNSUPPORTED', message)
}

/** Access that never changes. */
export function fixedAccess(href: unknown, token: unknown): GetAccess {
  const root = toRoot(href)
  if (root === null) {
    throw new TypeError('Option `href` must be an http or https address without credentials, "?" and "#".')
  }
  assertToken(token)
  return async (signal) => {
    throwIfAborted(signal)
    return { root, token }
  }
}
