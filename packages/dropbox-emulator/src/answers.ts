/** What the server answers; a text is sent in UTF-8. */
export interface EmulatedAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

const JSON_TYPE = 'application/json'
const TEXT_TYPE = 'text/plain; charset=utf-8'

/** A request that is refused; whatever it asked for was not done. */
export class Refusal extends Error {
  readonly answer: EmulatedAnswer

  constructor(answer: EmulatedAnswer) {
    super(`Refused with ${answer.status}.`)
    this.answer = answer
  }
}

export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): EmulatedAnswer {
  return { status, headers: { 'Content-Type': JSON_TYPE, ...headers }, body: JSON.stringify(value) }
}

/** 400: the only error that is plain text. */
export function badRequest(route: string, problem: string): Refusal {
  const body = `Error in call to API function "${route}": ${problem}`
  return new Refusal({ status: 400, headers: { 'Content-Type': TEXT_TYPE }, body })
}

/** 401: what is wrong with the token, as a tagged union. */
export function unauthorized(tag: string, details: Readonly<Record<string, string>> = {}): Refusal {
  return new Refusal(json(401, { error_summary: `${tag}/...`, error: { '.tag': tag, ...details } }))
}

/** A member of a tagged union; its own value stands under its tag. */
export type Tagged = { readonly '.tag': string; readonly [field: string]: unknown }

/** The tags from the outside in, as `error_summary` shows them. */
function tagPath(union: Tagged): string[] {
  const inner = Object.entries(union).find(([name, value]) => name !== '.tag' && value instanceof Object)
  return [union['.tag'], ...(inner === undefined ? [] : tagPath(inner[1] as Tagged))]
}

/** 409: an error of the endpoint's own, as a tagged union. Dropbox varies the dots, so that nobody parses the summary. */
export function endpointError(error: Tagged, dots: number = 2): Refusal {
  return new Refusal(json(409, { error_summary: `${tagPath(error).join('/')}/${'.'.repeat(dots)}`, error }))
}

/** 429 with `Retry-After`, which a browser does not show to pages; so it is in the body as well. */
export function rateLimited(
  reason: 'too_many_requests' | 'too_many_write_operations',
  retryAfterSeconds: number,
): EmulatedAnswer {
  const error = { reason: { '.tag': reason }, retry_after: retryAfterSeconds }
  return json(429, { error_summary: `${reason}/..`, error }, { 'Retry-After': String(retryAfterSeconds) })
}

/** 429 as plain text, which Dropbox sends as well. */
export function plainlyRateLimited(retryAfterSeconds: number): EmulatedAnswer {
  const headers = { 'Content-Type': TEXT_TYPE, 'Retry-After': String(retryAfterSeconds) }
  return { status: 429, headers, body: 'too_many_requests' }
}

/** A failure of the service's own. */
export function serverError(status: number = 500, retryAfterSeconds?: number): EmulatedAnswer {
  const wait: Record<string, string> =
    retryAfterSeconds === undefined ? {} : { 'Retry-After': String(retryAfterSeconds) }
  return { status, headers: { 'Content-Type': TEXT_TYPE, ...wait }, body: 'Internal Server Error' }
}

/** What a captive portal puts in the place of any answer. */
export function loginPage(status: number = 200): EmulatedAnswer {
  const body = '<!doctype html><title>Wi-Fi</title><form action="/login"><input name="room"></form>'
  return { status, headers: { 'Content-Type': 'text/html; charset=utf-8' }, body }
}
