import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname } from 'node:path'

/** What a careful application sets: everything from the site itself, no `eval`, no WebAssembly. */
export const STRICT_POLICY = "default-src 'self'"

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
}

/** A web site on this machine's loopback interface. */
export interface Site {
  readonly port: number
  /** Browsers take it for a secure context. */
  readonly origin: string
  close(): Promise<void>
}

/** Serves these files, by path below the root, under a content security policy. */
export async function serveFiles(files: ReadonlyMap<string, string>, policy: string = STRICT_POLICY): Promise<Site> {
  const answer = ({ url = '/' }: IncomingMessage, response: ServerResponse): void => {
    const path = url === '/' ? 'index.html' : url.slice(1)
    const content = files.get(path)
    response.setHeader('Content-Security-Policy', policy)
    // A sandboxed frame has an origin of its own, and modules are fetched by CORS.
    response.setHeader('Access-Control-Allow-Origin', '*')
    if (content === undefined) response.writeHead(path === 'favicon.ico' ? 204 : 404).end()
    else response.setHeader('Content-Type', TYPES[extname(path)] ?? 'text/plain').end(content)
  }
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    origin: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** The page around one module. */
export function pageFor(script: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>VaultDB</title><body><script type="module" src="/${script}"></script></body></html>`
}
