import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

/** A page of another origin than the storage server's, as apps are. */
export interface Site {
  readonly origin: string
  close(): Promise<void>
}

async function bundle(): Promise<Map<string, string>> {
  const folder = fileURLToPath(new URL('page', import.meta.url))
  const outcome = await build({
    configFile: false,
    root: folder,
    logLevel: 'error',
    resolve: { tsconfigPaths: true },
    build: {
      write: false,
      modulePreload: false,
      rolldownOptions: {
        input: `${folder}/page.ts`,
        output: { entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
      },
    },
  })
  if (!('output' in outcome)) throw new Error('The bundler did not answer with one bundle.')
  return new Map(outcome.output.flatMap((file) => (file.type === 'chunk' ? [[`/${file.fileName}`, file.code]] : [])))
}

/** Serves the page under a policy that lets it run its own scripts only, and send requests to this machine's servers. */
export async function serveSite(): Promise<Site> {
  const files = await bundle()
  const server = createServer((request, response) => {
    response.setHeader(
      'Content-Security-Policy',
      "default-src 'self'; connect-src http://127.0.0.1:* http://localhost:*",
    )
    const script = files.get(request.url ?? '')
    if (script !== undefined) response.setHeader('Content-Type', 'text/javascript').end(script)
    else if (request.url === '/') {
      response.setHeader('Content-Type', 'text/html; charset=utf-8')
      response.end('<!doctype html><title>VaultDB</title><script type="module" src="/page.js"></script>')
    } else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
