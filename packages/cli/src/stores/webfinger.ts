import { type Runtime, VaultError } from '@vaultdb/core'

/** Where an account's files are. */
export interface Storage {
  /** The storage root. */
  readonly href: string
  /** The page where its owner grants access; `null` where the server names none. */
  readonly authorizationPage: string | null
}

const TIMEOUT_MS = 15_000
const MAX_REDIRECTIONS = 5
const MAX_ANSWER_BYTES = 65_536

/** Today's and the first name of the relation, and of the property that names the page. */
const RELATIONS: readonly unknown[] = ['http://tools.ietf.org/id/draft-dejong-remotestorage', 'remotestorage']
const PAGE = 'http://tools.ietf.org/html/rfc6749#section-4.2'
const PROTOCOL = 'http://remotestorage.io/spec/version'
/** Protocols without conditional requests. */
const WITHOUT_CONDITIONS = /(?:#simple|remotestorage-00)$/

const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/

/**
 * The storage of a user's address (draft-dejong-remotestorage-22, section 10), by WebFinger over https: who could answer in the
 * host's place would be given the token, so nothing falls back to http (RFC 7033, section 4.2), but for this machine itself.
 */
export async function findStorage(
  userAddress: string,
  runtime: Pick<Runtime, 'sleep'>,
  signal: AbortSignal,
): Promise<Storage> {
  const host = userAddress.slice(userAddress.lastIndexOf('@') + 1)
  const isHere = LOOPBACK.test(host.replace(/:\d+$/, ''))
  const url = new URL(`${isHere ? 'http' : 'https'}://${host}/.well-known/webfinger`)
  url.searchParams.set('resource', `acct:${userAddress}`)
  const answer = await withTimeLimit(runtime, signal, (limited) => fetchSecurely(url, isHere, limited)).catch(
    (error: unknown) => {
      signal.throwIfAborted()
      throw error instanceof VaultError ? error : noAnswer(userAddress)
    },
  )
  return storageIn(answer, userAddress, isHere)
}

async function withTimeLimit<T>(
  runtime: Pick<Runtime, 'sleep'>,
  signal: AbortSignal,
  work: (limited: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController()
  const over = new AbortController()
  const watch = runtime.sleep(TIMEOUT_MS, over.signal).then(
    () => limit.abort(),
    () => undefined,
  )
  try {
    return await work(AbortSignal.any([signal, limit.signal]))
  } finally {
    over.abort()
    await watch
  }
}

/** The JSON at an address; redirections are followed from one secure address to the next. */
async function fetchSecurely(start: URL, isHere: boolean, signal: AbortSignal): Promise<unknown> {
  let url = start
  for (let hops = 0; hops <= MAX_REDIRECTIONS; hops++) {
    const response = await fetch(url, {
      headers: { accept: 'application/jrd+json, application/json' },
      redirect: 'manual',
      signal,
    })
    const target = response.status >= 300 && response.status < 400 ? response.headers.get('location') : null
    if (target === null) return response.ok ? JSON.parse(await boundedText(response)) : refused(response)
    await response.body?.cancel()
    url = new URL(target, url)
    if (!isSecure(url, isHere)) break
  }
  throw new Error('Too many redirections, or one to an address that is not secure.')
}

function refused({ status, body }: Response): Promise<null> | null {
  if (status >= 500 || status === 429) throw new Error(`HTTP ${status}`)
  return body?.cancel().then(() => null) ?? null
}

async function boundedText({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.length
    if (length > MAX_ANSWER_BYTES) throw new Error('The answer is too long.')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function isSecure({ protocol, hostname }: URL, isHere: boolean): boolean {
  return protocol === 'https:' || (isHere && protocol === 'http:' && LOOPBACK.test(hostname))
}

/** What a JSON resource descriptor (RFC 7033, section 4.4) says of the storage. */
function storageIn(descriptor: unknown, userAddress: string, isHere: boolean): Storage {
  const links = member(descriptor, 'links')
  const link: unknown = Array.isArray(links) && links.find((each) => RELATIONS.includes(member(each, 'rel')))
  const href = secureUrl(member(link, 'href'), isHere)
  if (href === null) {
    const message = `${userAddress} has no remoteStorage with a secure address. Check the address.`
    throw new VaultError('ERR_UNSUPPORTED', message)
  }
  const properties = member(link, 'properties')
  const protocol = member(properties, PROTOCOL) ?? member(link, 'type')
  if (typeof protocol === 'string' && WITHOUT_CONDITIONS.test(protocol)) {
    const message = `The server of ${userAddress} is too old to compare versions, so a vault is not safe there.`
    throw new VaultError('ERR_UNSUPPORTED', message)
  }
  const page = member(properties, PAGE) ?? member(properties, 'auth-endpoint')
  return { href, authorizationPage: secureUrl(page, isHere) }
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined
}

function secureUrl(text: unknown, isHere: boolean): string | null {
  if (typeof text !== 'string' || !URL.canParse(text)) return null
  const url = new URL(text)
  return isSecure(url, isHere) && `${url.username}${url.password}` === '' ? url.href : null
}

function noAnswer(userAddress: string): VaultError {
  const message = `The host of ${userAddress} did not say where the storage is. Check address and connection.`
  return new VaultError('ERR_UNAVAILABLE', message)
}
