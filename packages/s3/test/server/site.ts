import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const here = (name: string): string => fileURLToPath(new URL(`../page/${name}`, import.meta.url))

async function bundle(): Promise<string> {
  const outcome = await build({
    configFile: false,
    root: here('.'),
    logLevel: 'error',
    resolve: { tsconfigPaths: true },
    build: {
      write: false,
      modulePreload: false,
      rolldownOptions: { input: here('page.ts'), output: { entryFileNames: 'page.js', codeSplitting: false } },
    },
  })
  if (!('output' in outcome)) throw new Error('The bundler did not answer with one bundle.')
  const [chunk] = outcome.output
  return chunk.code
}

/** A web site on the loopback interface whose page may reach `service` and nothing else. */
export interface Site {
  readonly origin: string
  close(): Promise<void>
}

/** Serves the page under a policy without `eval` and WebAssembly. */
export async function serveSite(service: string): Promise<Site> {
  const script = await bundle()
  const server = createServer((request, response) => {
    const policy = `default-src 'none'; script-src 'self'; connect-src ${service}`
    response.setHeader('Content-Security-Policy', policy)
    if (request.url === '/page.js') response.setHeader('Content-Type', 'text/javascript').end(script)
    else if (request.url === '/') {
      response.setHeader('Content-Type', 'text/html; charset=utf-8')
      response.end('<!doctype html><title>S3</title><script type="module" src="/page.js"></script>')
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
