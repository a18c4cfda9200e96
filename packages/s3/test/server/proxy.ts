import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as it arrived. */
export interface Arrived {
  /** Of all requests, the first one being 1. */
  readonly number: number
  readonly method: string
  readonly path: string
  /** The condition that it carries; empty if none. */
  readonly condition: string
}

/** A request that was answered; status 0: the connection was broken. */
export interface Exchange extends Arrived {
  readonly status: number
}

/** An answer on its way back, to be passed on or changed. */
export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

/** What becomes of a request: `before` may answer in the service's place, `after` may change the service's answer. */
export interface Interference {
  before?(request: Arrived): Reply | 'reset' | 'pass'
  after?(request: Arrived, reply: Reply): Reply | 'reset' | { readonly reply: Reply; readonly cutAt: number }
}

/** Something between a client and the service that counts and, when told to, misbehaves. */
export interface CountingProxy {
  readonly endpoint: string
  readonly exchanges: readonly Exchange[]
  interference: Interference
  close(): Promise<void>
}

/** Stands for the address in `Host`, which no browser and no `fetch` lets be set. */
export const HOST_HEADER = 'x-test-host'

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function send(target: URL, request: IncomingMessage, body: Buffer): Promise<Reply> {
  const { [HOST_HEADER]: other, ...headers } = request.headers
  const host = typeof other === 'string' ? other : (headers.host ?? '')
  const { method = 'GET', url = '/' } = request
  return new Promise((resolve, reject) => {
    const outgoing = forward(
      {
        host: target.hostname,
        port: target.port,
        method,
        path: url,
        headers: { ...headers, host, connection: 'close' },
      },
      (answer) => {
        readAll(answer).then(
          (content) => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: content }),
          reject,
        )
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

function reply(response: ServerResponse, { status, headers, body }: Reply, cutAt?: number): void {
  const { connection: _, 'transfer-encoding': __, ...kept } = headers
  response.writeHead(status, {
    ...kept,
    ...(status === 304 || status === 204 ? {} : { 'content-length': body.length }),
  })
  if (cutAt === undefined) response.end(body)
  else response.write(body.subarray(0, cutAt), () => response.destroy())
}

/** Starts one in front of `target`, on the loopback interface. */
export async function startProxy(target: string): Promise<CountingProxy> {
  const url = new URL(target)
  const exchanges: Exchange[] = []
  let arrivals = 0
  const proxy = { interference: {} as Interference }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '', headers } = request
    const condition = String(headers['if-match'] ?? headers['if-none-match'] ?? '')
    const arrived: Arrived = { number: ++arrivals, method, path, condition }
    const body = await readAll(request)
    const own = proxy.interference.before?.(arrived) ?? 'pass'
    const answer = own === 'pass' ? await send(url, request, body) : own
    const passed = answer === 'reset' ? answer : (proxy.interference.after?.(arrived, answer) ?? answer)
    const shown = typeof passed === 'object' && 'reply' in passed ? passed : { reply: passed, cutAt: undefined }
    exchanges.push({ ...arrived, status: shown.reply === 'reset' ? 0 : shown.reply.status })
    if (shown.reply === 'reset') response.destroy()
    else reply(response, shown.reply, shown.cutAt)
  }

  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy()) // a client that went away
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return Object.assign(proxy, {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    exchanges,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  })
}
