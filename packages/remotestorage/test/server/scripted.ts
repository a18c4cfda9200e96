import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server whose answers a test makes up. */
export interface ScriptedServer {
  readonly href: string
  /** What arrived, as `GET /storage/ada/…`. */
  readonly requests: readonly string[]
  answer: (request: IncomingMessage, response: ServerResponse) => void
  close(): Promise<void>
}

export async function scriptedServer(): Promise<ScriptedServer> {
  const requests: string[] = []
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`)
    request.resume().once('end', () => scripted.answer(request, response))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const scripted: ScriptedServer = {
    href: `http://127.0.0.1:${(server.address() as AddressInfo).port}/storage/ada`,
    requests,
    answer: (_, response) => response.end(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return scripted
}
