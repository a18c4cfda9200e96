import { createHash } from 'node:crypto'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { createRuntime } from '@vaultdb/core'
import { FAULTS, type NetworkFault } from './faults.ts'
import { encode, type HttpMessage, MessageReader, statusOf } from './http-messages.ts'
import { type FaultPlan, NO_FAULTS } from './plan.ts'

const { sleep } = createRuntime()

/** A request that came to the proxy as a whole. */
export interface Exchange {
  readonly method: string
  readonly path: string
  /** SHA-256 of the body; `null` where it is empty. */
  readonly bodyHash: string | null
  /** Number of the connection that it came on. */
  readonly connection: number
  readonly fault: string | null
  /** What the server answered to it; 0 if it did not answer, `null` if it was not asked (yet). */
  status: number | null
  /** Whether the client had gone before there was an answer. */
  isAbandoned: boolean
}

/** The proxy's own connection to the server, kept as long as the client's. */
class ServerConnection {
  readonly #target: URL
  #socket: Socket | null = null
  #reader: MessageReader | null = null

  constructor(target: URL) {
    this.#target = target
  }

  /** The answer; `null` if the server gives none. */
  async send(request: Buffer, pieceBytes: number): Promise<HttpMessage | null> {
    await this.#open()
    if (this.#socket === null || this.#reader === null) return null
    await writeTo(this.#socket, request, pieceBytes)
    for (;;) {
      const answer = await this.#reader.next()
      if (answer === null || statusOf(answer) >= 200) return answer
    }
  }

  /** Sends a part and breaks the connection. */
  async sendPart(part: Buffer): Promise<void> {
    await this.#open()
    if (this.#socket !== null) await writeTo(this.#socket, part, part.length)
    this.close()
  }

  close(): void {
    this.#socket?.destroy()
    this.#socket = null
  }

  async #open(): Promise<void> {
    if (this.#socket !== null && !this.#socket.destroyed && this.#socket.readable) return
    const { hostname, port } = this.#target
    const socket = connect({ host: hostname, port: Number(port), noDelay: true })
    this.#reader = new MessageReader(socket)
    this.#socket = socket
    await new Promise<void>((resolve) => {
      socket.once('connect', resolve).on('error', () => resolve()) // what is broken is told by the missing answer
    })
  }
}

async function writeTo(socket: Socket, data: Buffer, pieceBytes: number): Promise<void> {
  for (let at = 0; at < data.length; at += pieceBytes) {
    if (at > 0) await sleep(1)
    if (socket.destroyed) return
    await new Promise<void>((resolve) => {
      socket.write(data.subarray(at, at + pieceBytes), () => resolve())
    })
  }
}

/** Resolves when the other side has let go of the connection. */
async function untilGone(socket: Socket): Promise<void> {
  if (socket.destroyed) return
  await new Promise<void>((resolve) => {
    socket.once('close', () => resolve())
  })
}

/**
 * A TCP proxy between clients and one HTTP/1.1 server, on the loopback interface, that does to each request what the plan says.
 * It goes on to wait for the server where the client has gone, so that it is known when nothing more can happen there.
 */
export class BadNetwork {
  /** Asked once for each request. */
  plan: FaultPlan
  readonly exchanges: Exchange[] = []
  readonly #target: URL
  readonly #server: Server
  readonly #clients: Set<Socket> = new Set()
  #connections = 0
  #defect: unknown
  readonly #underWay: Set<Exchange> = new Set()
  #wake: () => void = () => undefined

  private constructor(target: string, plan: FaultPlan) {
    this.#target = new URL(target)
    this.plan = plan
    this.#server = createServer({ noDelay: true }, (client) => {
      this.#serve(client).catch((error: unknown) => {
        this.#defect ??= error
        client.destroy()
      })
    })
  }

  /** Starts one in front of the server at `target`. */
  static async start(target: string, plan: FaultPlan = NO_FAULTS): Promise<BadNetwork> {
    const network = new BadNetwork(target, plan)
    await new Promise<void>((resolve) => network.#server.listen(0, '127.0.0.1', resolve))
    return network
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Requests whose client may still wait, or that the server may still work on. */
  get underWay(): number {
    return this.#underWay.size
  }

  /** What is under way, for people. */
  described(): string {
    return [...this.#underWay].map(({ method, path, fault }) => `${method} ${path} (${fault ?? 'no fault'})`).join(', ')
  }

  /** Resolves when nothing is under way. */
  async quiet(): Promise<void> {
    while (this.underWay > 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    for (const client of this.#clients) client.destroy()
    await closed
    if (this.#defect !== undefined) throw this.#defect
  }

  async #serve(client: Socket): Promise<void> {
    const connection = ++this.#connections
    const server = new ServerConnection(this.#target)
    client.on('error', () => undefined) // the client's own affair
    this.#clients.add(client)
    const requests = new MessageReader(client)
    for (let request = await requests.next(); request !== null; request = await requests.next()) {
      await this.#exchange(client, server, connection, request)
      if (client.destroyed) break
    }
    server.close()
    client.destroy()
    this.#clients.delete(client)
  }

  async #exchange(client: Socket, server: ServerConnection, connection: number, request: HttpMessage): Promise<void> {
    const [method = '', path = ''] = request.start.split(' ')
    const fault = this.plan()
    const bodyHash = request.body.length === 0 ? null : createHash('sha256').update(request.body).digest('hex')
    const exchange: Exchange = { method, path, bodyHash, connection, fault, status: null, isAbandoned: false }
    this.exchanges.push(exchange)
    this.#underWay.add(exchange)
    await pass(client, server, request, fault === null ? null : (FAULTS[fault] ?? null), exchange)
    this.#underWay.delete(exchange)
    if (this.underWay === 0) this.#wake()
  }
}

async function pass(
  client: Socket,
  server: ServerConnection,
  request: HttpMessage,
  fault: NetworkFault | null,
  exchange: Exchange,
): Promise<void> {
  const data = encode(request)
  if (
    fault !== null &&
    !('when' in fault && fault.when === 'after') &&
    (await strikeFirst(client, server, data, fault))
  )
    return
  const pieceBytes = fault?.kind === 'throttled' ? fault.pieceBytes : data.length
  const answer = await server.send(data, pieceBytes)
  exchange.status = answer === null ? 0 : statusOf(answer)
  exchange.isAbandoned = client.destroyed
  if (answer === null) client.resetAndDestroy()
  else await give(client, answer, fault)
}

/** What a fault does before the server is asked; whether that was all. */
async function strikeFirst(
  client: Socket,
  server: ServerConnection,
  request: Buffer,
  fault: NetworkFault,
): Promise<boolean> {
  switch (fault.kind) {
    case 'delayed':
      await sleep(fault.ms)
      return false
    case 'late':
      await untilGone(client)
      return false
    case 'dropped':
      await untilGone(client)
      return true
    case 'reset':
      client.resetAndDestroy()
      return true
    case 'cut-request':
      await server.sendPart(request.subarray(0, Math.ceil(request.length / 2)))
      client.resetAndDestroy()
      return true
    case 'answered':
      await writeTo(client, encode(fault.answer), Number.MAX_SAFE_INTEGER)
      return true
    default:
      return false
  }
}

/** Gives the client the server's answer, or what is left of it. */
async function give(client: Socket, answer: HttpMessage, fault: NetworkFault | null): Promise<void> {
  const data = encode(answer)
  switch (fault?.kind) {
    case 'delayed':
      await sleep(fault.ms)
      return await writeTo(client, data, data.length)
    case 'throttled':
      return await writeTo(client, data, fault.pieceBytes)
    case 'dropped':
      return await untilGone(client)
    case 'reset':
      return void client.resetAndDestroy()
    case 'cut-answer': {
      // At the least the end of the head is missing.
      await writeTo(client, data.subarray(0, Math.ceil(data.length / 2)), data.length)
      return void (fault.how === 'end' ? client.destroy() : client.resetAndDestroy())
    }
    case 'answered':
      return await writeTo(client, encode(fault.answer), Number.MAX_SAFE_INTEGER)
    case 'changed':
      return await writeTo(client, encode(fault.change(answer)), Number.MAX_SAFE_INTEGER)
    default:
      return await writeTo(client, data, data.length)
  }
}
