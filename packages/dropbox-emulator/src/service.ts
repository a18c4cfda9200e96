import { Account } from './account.ts'
import { badRequest, type EmulatedAnswer, Refusal, rateLimited } from './answers.ts'
import type { OpenCall } from './call.ts'
import { Cursors } from './cursors.ts'
import { RateLimiter } from './limits.ts'
import { OAuth } from './oauth.ts'
import type { Settings } from './options.ts'
import { argumentReader, ROUTES, type Route, type Style } from './routes.ts'

/** A request to the API, without anything of HTTP that does not matter to it. */
export interface ApiRequest {
  readonly method: string
  /** The host that it was meant for, as in `content.dropboxapi.com`; `null` where the client did not say. */
  readonly host: string | null
  readonly route: string
  readonly search: URLSearchParams
  readonly headers: ReadonlyMap<string, string>
  readonly body: Uint8Array
  readonly signal: AbortSignal
}

const CORS_HACK = 'text/plain; charset=dropbox-cors-hack'
const CONTENT_TYPES: Readonly<Record<Style, readonly string[]>> = {
  rpc: ['application/json', 'application/json; charset=utf-8', CORS_HACK],
  upload: ['application/octet-stream', CORS_HACK],
  download: ['', 'application/octet-stream', 'text/plain', 'text/plain; charset=utf-8', CORS_HACK],
}

/** All accounts, and who may do what with them. */
export class Service {
  readonly settings: Settings
  readonly oauth: OAuth
  readonly cursors: Cursors
  readonly #limiter: RateLimiter | null
  readonly #accounts: Map<string, Account> = new Map()

  constructor(settings: Settings) {
    const { rateLimit, runtime } = settings
    this.settings = settings
    this.oauth = new OAuth(settings)
    this.cursors = new Cursors(settings.cursorLifetimeMs, runtime)
    this.#limiter = rateLimit === null ? null : new RateLimiter(rateLimit, runtime)
  }

  account(name: string): Account {
    let account = this.#accounts.get(name)
    if (account === undefined) {
      account = new Account(this.settings.runtime)
      this.#accounts.set(name, account)
    }
    return account
  }

  /** Does what the request asks for, or refuses it. */
  async answer(request: ApiRequest): Promise<EmulatedAnswer> {
    try {
      if (request.route === 'oauth2/token') return this.#token(request)
      const route = ROUTES.get(request.route)
      if (route === undefined) throw badRequest(request.route, 'Unknown API function.')
      return await this.#call(request, route)
    } catch (error) {
      if (error instanceof Refusal) return error.answer
      throw error
    }
  }

  #token({ method, route, search, body }: ApiRequest): EmulatedAnswer {
    if (method !== 'POST') throw badRequest(route, `This function accepts POST only, not ${method}.`)
    // Dropbox takes the parameters from the URL as well, which is what its own library sends.
    const parameters = new URLSearchParams(new TextDecoder().decode(body))
    for (const [name, value] of search) parameters.append(name, value)
    return this.oauth.token(parameters)
  }

  async #call(request: ApiRequest, route: Route): Promise<EmulatedAnswer> {
    const { runtime } = this.settings
    assertForm(request, route)
    const argument = argumentOf(request, route.style)
    const authorization = request.headers.get('authorization') ?? request.search.get('authorization')
    const open: OpenCall = {
      route: request.route,
      argument,
      body: request.body,
      cursors: this.cursors,
      runtime,
      signal: request.signal,
      backoffSeconds: this.settings.longpollBackoffSeconds,
      ifNoneMatch: request.headers.get('if-none-match') ?? null,
      maxPageEntries: this.settings.maxPageEntries,
      maxUploadBytes: this.settings.maxUploadBytes,
      quotaBytes: this.settings.quotaBytes,
      accountOf: (name) => this.account(name),
      ...argumentReader(request.route, route.style, argument),
    }
    if (route.scope === null) return route.run(open)
    const accountName = this.oauth.authenticate(request.route, authorization, route.scope)
    this.#limiter?.admit(accountName)
    const account = this.account(accountName)
    const { writeMs } = this.settings
    if (!route.writes || writeMs === 0) return route.run({ ...open, account, accountName })
    if (account.writing) return rateLimited('too_many_write_operations', 1)
    account.writing = true
    try {
      await runtime.sleep(writeMs)
      return route.run({ ...open, account, accountName })
    } finally {
      account.writing = false
    }
  }
}

/** Refuses what is sent to the wrong host, by the wrong method or as the wrong type. */
function assertForm({ method, host, route, headers }: ApiRequest, { host: right, style }: Route): void {
  if (host !== null && host !== `${right}.dropboxapi.com`) {
    throw badRequest(route, `This function is on ${right}.dropboxapi.com, not on ${host}.`)
  }
  if (method !== 'POST' && !(style === 'download' && method === 'GET')) {
    throw badRequest(route, `Your request's HTTP request method is "${method}". This function only accepts "POST".`)
  }
  const type = (headers.get('content-type') ?? '').toLowerCase()
  if (!CONTENT_TYPES[style].includes(type)) {
    const expected = CONTENT_TYPES[style].map((each) => `"${each}"`).join(', ')
    throw badRequest(route, `Bad HTTP "Content-Type" header: "${type}".  Expecting one of ${expected}.`)
  }
}

function argumentOf({ route, search, headers, body }: ApiRequest, style: Style): unknown {
  if (style === 'rpc') return parsed(route, 'request body', new TextDecoder().decode(body))
  const given = headers.get('dropbox-api-arg') ?? search.get('arg')
  if (given === null) throw badRequest(route, 'Must provide HTTP header "Dropbox-API-Arg" or URL parameter "arg".')
  return parsed(route, 'HTTP header "Dropbox-API-Arg"', given)
}

function parsed(route: string, place: string, given: string): unknown {
  try {
    return JSON.parse(given)
  } catch {
    throw badRequest(route, `${place}: could not decode input as JSON`)
  }
}
