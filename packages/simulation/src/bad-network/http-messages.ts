import type { Socket } from 'node:net'

/** One HTTP/1.1 message (RFC 9112), its body without transfer coding. */
export interface HttpMessage {
  /** Request line or status line. */
  readonly start: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Buffer
}

type Headers = HttpMessage['headers']

/** The value of a header; `undefined` where there is none. */
export function headerOf({ headers }: Pick<HttpMessage, 'headers'>, name: string): string | undefined {
  return headers.find(([each]) => each.toLowerCase() === name)?.[1]
}

/** The same without these headers. */
export function withoutHeaders(headers: Headers, ...names: readonly string[]): Headers {
  return headers.filter(([name]) => !names.includes(name.toLowerCase()))
}

export function statusOf({ start }: Pick<HttpMessage, 'start'>): number {
  return Number(start.split(' ')[1])
}

/** RFC 9110, section 6.4.1: these answers have no body, whatever their headers say. */
const hasNoBody = (status: number): boolean => status < 200 || status === 204 || status === 304

/** The bytes of a message. */
export function encode({ start, headers, body }: HttpMessage): Buffer {
  const isBare = start.startsWith('HTTP/') ? hasNoBody(statusOf({ start })) : body.length === 0
  const framing: Headers = isBare ? [] : [['Content-Length', String(body.length)]]
  const fields = [...withoutHeaders(headers, 'content-length', 'transfer-encoding'), ...framing]
  const head = [start, ...fields.map(([name, value]) => `${name}: ${value}`), '', ''].join('\r\n')
  return Buffer.concat([Buffer.from(head, 'latin1'), isBare ? Buffer.alloc(0) : body])
}

/** Reads one message after the other from a connection. */
export class MessageReader {
  #received: Buffer = Buffer.alloc(0)
  #isOver = false
  #wake: () => void = () => undefined

  constructor(socket: Socket) {
    const over = (): void => {
      this.#isOver = true
      this.#wake()
    }
    socket.once('end', over).once('close', over)
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk])
      this.#wake()
    })
  }

  /** The next message; `null` if the connection ends before it is whole. */
  async next(): Promise<HttpMessage | null> {
    const head = await this.#through('\r\n\r\n')
    if (head === null) return null
    const [start = '', ...lines] = head.toString('latin1').trimEnd().split('\r\n')
    const headers = lines.map((line): [string, string] => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon), line.slice(colon + 1).trim()]
    })
    const body = await this.#body(start, headers)
    return body === null ? null : { start, headers, body }
  }

  /** RFC 9112, section 6.3. */
  async #body(start: string, headers: Headers): Promise<Buffer | null> {
    const isAnswer = start.startsWith('HTTP/')
    if (isAnswer && hasNoBody(statusOf({ start }))) return Buffer.alloc(0)
    if (/chunked/i.test(headerOf({ headers }, 'transfer-encoding') ?? '')) return await this.#chunks()
    const length = headerOf({ headers }, 'content-length')
    if (length !== undefined) return await this.#take(Number(length))
    return isAnswer ? await this.#rest() : Buffer.alloc(0)
  }

  async #chunks(): Promise<Buffer | null> {
    const chunks: Buffer[] = []
    for (;;) {
      const line = await this.#through('\r\n')
      const chunk = line && (await this.#take(Number.parseInt(line.toString('latin1'), 16)))
      if (chunk === null || (await this.#through('\r\n')) === null) return null
      if (chunk.length === 0) return Buffer.concat(chunks)
      chunks.push(chunk)
    }
  }

  async #through(mark: string): Promise<Buffer | null> {
    for (;;) {
      const at = this.#received.indexOf(mark)
      if (at >= 0) return this.#cut(at + mark.length)
      if (!(await this.#more())) return null
    }
  }

  async #take(length: number): Promise<Buffer | null> {
    while (this.#received.length < length) if (!(await this.#more())) return null
    return this.#cut(length)
  }

  async #rest(): Promise<Buffer> {
    while (await this.#more());
    return this.#cut(this.#received.length)
  }

  #cut(length: number): Buffer {
    const cut = this.#received.subarray(0, length)
    this.#received = this.#received.subarray(length)
    return cut
  }

  /** Waits for more bytes; `false` if there will be none. */
  async #more(): Promise<boolean> {
    if (this.#isOver) return false
    const { length } = this.#received
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    return this.#received.length > length || !this.#isOver
  }
}
