import { type HttpMessage, headerOf, withoutHeaders } from './http-messages.ts'

/** Whether the server has done what was asked when the fault strikes. */
type When = 'before' | 'after'

/** What a network, or something in it that speaks HTTP, does to one exchange. */
export type NetworkFault =
  /** Request and answer wait. */
  | { readonly kind: 'delayed'; readonly ms: number }
  /** Request and answer trickle, in pieces of this size. */
  | { readonly kind: 'throttled'; readonly pieceBytes: number }
  /** Never answered. */
  | { readonly kind: 'dropped'; readonly when: When }
  /** Reaches the server only when the client has given up. */
  | { readonly kind: 'late' }
  | { readonly kind: 'reset'; readonly when: When }
  /** The connections break when half of the request has reached the server. */
  | { readonly kind: 'cut-request' }
  /** The connection ends, or is reset, when half of the answer has reached the client. */
  | { readonly kind: 'cut-answer'; readonly how: 'end' | 'reset' }
  /** Something else answers. */
  | { readonly kind: 'answered'; readonly when: When; readonly answer: HttpMessage }
  /** The server's answer is changed on its way. */
  | { readonly kind: 'changed'; readonly change: (answer: HttpMessage) => HttpMessage }

function answer(status: string, body: string, headers: HttpMessage['headers'] = []): HttpMessage {
  const type: HttpMessage['headers'] = headerOf({ headers }, 'content-type') ? [] : [['Content-Type', 'text/plain']]
  return { start: `HTTP/1.1 ${status}`, headers: [...type, ...headers], body: Buffer.from(body) }
}

const BUSY = answer('429 Too Many Requests', 'Too many requests.')
const BUSY_FOR_A_SECOND = answer('429 Too Many Requests', 'Too many requests.', [['Retry-After', '1']])
const BROKEN = answer('500 Internal Server Error', 'Internal error.')
const OVERLOADED = answer('503 Service Unavailable', 'Unavailable.', [['Retry-After', '0']])
/** With everything that makes it look like an answer of a storage server's. */
const LOGIN_PAGE = answer('200 OK', '<!doctype html><title>Sign in</title><form>Your room number: <input></form>', [
  ['Content-Type', 'text/html; charset=utf-8'],
  ['ETag', '"login"'],
])

function withETag(change: (etag: string) => string): NetworkFault {
  return {
    kind: 'changed',
    change: (message) => ({
      ...message,
      headers: message.headers.map(([name, value]) => [name, name.toLowerCase() === 'etag' ? change(value) : value]),
    }),
  }
}

/** The headers in which the stores tell versions: what scripts see of an answer where CORS does not expose them. */
const VERSION_HEADERS = ['etag', 'dropbox-api-result'] as const

/** All faults, by what is said of them. */
export const FAULTS: Readonly<Record<string, NetworkFault>> = {
  delayed: { kind: 'delayed', ms: 5 },
  throttled: { kind: 'throttled', pieceBytes: 700 },
  'dropped before': { kind: 'dropped', when: 'before' },
  'dropped after': { kind: 'dropped', when: 'after' },
  late: { kind: 'late' },
  'reset before': { kind: 'reset', when: 'before' },
  'reset after': { kind: 'reset', when: 'after' },
  'request cut': { kind: 'cut-request' },
  'answer cut': { kind: 'cut-answer', how: 'end' },
  'answer cut by a reset': { kind: 'cut-answer', how: 'reset' },
  'answered 429': { kind: 'answered', when: 'before', answer: BUSY },
  'answered 429 with Retry-After': { kind: 'answered', when: 'before', answer: BUSY_FOR_A_SECOND },
  'answered 500': { kind: 'answered', when: 'before', answer: BROKEN },
  'answered 500 after': { kind: 'answered', when: 'after', answer: BROKEN },
  'answered 503': { kind: 'answered', when: 'before', answer: OVERLOADED },
  'answered 503 after': { kind: 'answered', when: 'after', answer: OVERLOADED },
  'login page': { kind: 'answered', when: 'before', answer: LOGIN_PAGE },
  'login page after': { kind: 'answered', when: 'after', answer: LOGIN_PAGE },
  'weak ETag': withETag((etag) => (etag.startsWith('W/') ? etag : `W/${etag}`)),
  'ETag of a coding': withETag((etag) => etag.replace(/"$/, '-gzip"')),
  'version hidden': {
    kind: 'changed',
    change: (message) => ({ ...message, headers: withoutHeaders(message.headers, ...VERSION_HEADERS) }),
  },
}
