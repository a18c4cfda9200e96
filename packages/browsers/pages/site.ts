import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
const ENTRIES = ['page', 'worker', 'shared-worker', 'service-worker']

/** The page and its workers, bundled as an application would do it: path to content. */
async function bundle(): Promise<Map<string, string>> {
  const outcome = await build({
    configFile: false,
    root: here('.'),
    logLevel: 'error',
    resolve: { tsconfigPaths: true },
    build: {
      write: false,
      modulePreload: false,
      rolldownOptions: {
        input: Object.fromEntries(ENTRIES.map((name) => [name, here(`${name}.ts`)])),
        output: { entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
      },
    },
  })
  if (!('output' in outcome)) throw new Error('The bundler did not answer with one bundle.')
  return new Map(outcome.output.flatMap((file) => (file.type === 'chunk' ? [[`/${file.fileName}`, file.code]] : [])))
}

/** A web site on this machine's loopback interface, which browsers take for a secure context. */
export interface Site {
  readonly origin: string
  close(): Promise<void>
}

/**
 * Serves the bundle under the policy that a careful application would set: scripts and workers from the site itself,
 * no `eval`, no WebAssembly.
 */
export async function serveSite(): Promise<Site> {
  const files = await bundle()
  const server = createServer((request, response) => {
    response.setHeader('Content-Security-Policy', "default-src 'self'")
    const script = files.get(request.url ?? '')
    if (script !== undefined) response.setHeader('Content-Type', 'text/javascript').end(script)
    else if (request.url === '/') {
      response.setHeader('Content-Type', 'text/html; charset=utf-8')
      response.end('<!doctype html><title>VaultDB</title><script type="module" src="/page.js"></script>')
    } else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
