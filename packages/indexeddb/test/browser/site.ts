import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

/** A web site on this machine's loopback interface, which browsers take for a secure context. */
export interface Site {
  readonly origin: string
  close(): Promise<void>
}

async function bundle(entry: URL): Promise<string> {
  const outcome = await build({
    configFile: false,
    logLevel: 'error',
    resolve: { tsconfigPaths: true },
    build: { write: false, modulePreload: false, rolldownOptions: { input: fileURLToPath(entry) } },
  })
  const [chunk] = 'output' in outcome ? outcome.output : []
  if (chunk?.type !== 'chunk') throw new Error('The bundler did not answer with one bundle.')
  return chunk.code
}

/** Serves a page that runs the module `entry`. */
export async function serveEntry(entry: URL): Promise<Site> {
  const script = await bundle(entry)
  const server = createServer(({ url }, response) => {
    if (url === '/page.js') response.setHeader('Content-Type', 'text/javascript').end(script)
    else if (url === '/') {
      response.setHeader('Content-Type', 'text/html; charset=utf-8')
      response.end('<!doctype html><title>VaultDB</title><script type="module" src="/page.js"></script>')
    } else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return { origin: `http://127.0.0.1:${port}`, close }
}
