import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type EmulatedAnswer, serverError } from './answers.ts'
import type { DecideFault, Fault, RequestRecord } from './faults.ts'
import type { ApiRequest, Service } from './service.ts'

/** What scripts of other sites may send. Not `If-None-Match` and the like: no page of Dropbox's promises that. */
const ALLOWED_HEADERS = [
  ...['Authorization', 'Content-Type', 'Dropbox-API-Arg', 'Dropbox-API-Path-Root'],
  ...['Dropbox-API-Select-Admin', 'Dropbox-API-Select-User'],
].join(', ')
/** What scripts of other sites may read: neither `Retry-After` nor `ETag` are among it. */
const EXPOSED_HEADERS = [
  ...['Accept-Ranges', 'Content-Disposition', 'Content-Encoding', 'Content-Length', 'Content-Range'],
  ...['Dropbox-API-Result', 'X-Dropbox-Metadata', 'X-Dropbox-Request-Id', 'X-JSON', 'X-Server-Response-Time'],
].join(', ')

type Recorded = { -readonly [Name in keyof RequestRecord]: RequestRecord[Name] }

/** Speaks HTTP for the service, and puts faults between the two. */
export class EmulatorServer {
  readonly records: Recorded[] = []
  preflights: number = 0
  faults: DecideFault | undefined
  readonly #service: Service
  readonly #server: Server
  readonly #closing: AbortController = new AbortController()

  constructor(service: Service, faults: DecideFault | undefined) {
    this.#service = service
    this.faults = faults
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch(() => response.destroy())
    })
    this.#server.keepAliveTimeout = 60_000 // shorter ones race with clients that take a connection up again
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(0, '127.0.0.1', resolve)
    })
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Ends all connections, also of those who wait for something. */
  async close(): Promise<void> {
    this.#closing.abort()
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
      this.#server.closeAllConnections()
    })
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('Access-Control-Allow-Origin', '*')
    response.setHeader('Access-Control-Expose-Headers', EXPOSED_HEADERS)
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    const signal = AbortSignal.any([gone.signal, this.#closing.signal])
    const { host, route, search } = target(request.url ?? '/')
    if (request.method === 'OPTIONS') return this.#preflight(search, response)
    const body = await bodyOf(request, this.#service.settings.maxUploadBytes)
    const api: ApiRequest = {
      method: request.method ?? '',
      host,
      route,
      search,
      headers: headersOf(request),
      body,
      signal,
    }
    const record: Recorded = {
      index: this.records.length,
      route,
      argument: shownArgument(api),
      bodyBytes: body.length,
      handled: false,
      answer: undefined,
    }
    this.records.push(record)
    await this.#answer(api, record, this.faults?.(record) ?? {}, response)
  }

  async #answer(api: ApiRequest, record: Recorded, fault: Fault, response: ServerResponse): Promise<void> {
    await fault.before
    let answer: EmulatedAnswer = serverError()
    if (fault.apply !== false) {
      record.handled = true
      answer = await this.#service.answer(api)
    }
    await fault.after
    if (response.destroyed) {
      record.answer = 'gone'
      return
    }
    if (fault.answer === 'reset') {
      record.answer = 'reset'
      response.socket?.resetAndDestroy()
      return
    }
    if (fault.answer !== undefined && 'truncateAfterBytes' in fault.answer) {
      record.answer = 'truncated'
      return truncated(answer, fault.answer.truncateAfterBytes, response)
    }
    const given = fault.answer ?? answer
    record.answer = given.status
    response.writeHead(given.status, { 'X-Dropbox-Request-Id': String(record.index), ...given.headers })
    response.end(given.body)
  }

  #preflight(search: URLSearchParams, response: ServerResponse): void {
    this.preflights += 1
    if (search.get('reject_cors_preflight') === 'true') {
      response.writeHead(400).end()
      return
    }
    const methods = { 'Access-Control-Allow-Methods': 'GET, POST, OPTIONS' }
    response.writeHead(200, { ...methods, 'Access-Control-Allow-Headers': ALLOWED_HEADERS }).end()
  }
}

/** `/content.dropboxapi.com/2/files/upload` and `/2/files/upload` are the same function. */
function target(url: string): Pick<ApiRequest, 'host' | 'route' | 'search'> {
  const { pathname, searchParams } = new URL(url, 'http://emulator')
  const [, host = null, path = ''] = /^(?:\/([^/]+\.[^/]+))?(\/.*)$/.exec(pathname) ?? []
  return { host, route: path.replace(/^\/(2\/)?/, ''), search: searchParams }
}

function headersOf(request: IncomingMessage): Map<string, string> {
  return new Map(
    Object.entries(request.headers).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  )
}

/** Of a body that is too large as much as shows that; the rest is let go by. */
async function bodyOf(request: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    if (length <= maxBytes) chunks.push(chunk)
    length += chunk.length
  }
  return new Uint8Array(Buffer.concat(chunks))
}

/** For records: without what must stay secret. */
function shownArgument({ route, search, headers, body }: ApiRequest): unknown {
  const text = new TextDecoder().decode(body.subarray(0, 65_536))
  if (route === 'oauth2/token') {
    return { grant_type: new URLSearchParams(text).get('grant_type') ?? search.get('grant_type') }
  }
  try {
    return JSON.parse(headers.get('dropbox-api-arg') ?? search.get('arg') ?? text)
  } catch {
    return null
  }
}

/** The whole length is promised, a part is sent, and the connection ends. */
async function truncated(answer: EmulatedAnswer, bytes: number, response: ServerResponse): Promise<void> {
  const body = Buffer.from(answer.body ?? '')
  response.writeHead(answer.status, { ...answer.headers, 'Content-Length': String(Math.max(body.length, bytes + 1)) })
  response.flushHeaders()
  await new Promise<void>((resolve) => response.write(body.subarray(0, bytes), () => resolve()))
  response.destroy()
}
