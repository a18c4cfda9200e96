import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

/** The page and the worker, bundled as an application would do it: path to content. */
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
        input: { page: here('page/page.ts'), worker: here('page/worker.ts') },
        output: { entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
      },
    },
  })
  if (!('output' in outcome)) throw new Error('The bundler did not answer with one bundle.')
  return new Map(outcome.output.flatMap((file) => (file.type === 'chunk' ? [[`/${file.fileName}`, file.code]] : [])))
}

/** Serves the page under a policy without `eval`, which lets it speak with nobody but `peer`. */
export async function serveSite(peer: string): Promise<{ readonly origin: string; close(): Promise<void> }> {
  const files = await bundle()
  const server = createServer((request, response) => {
    response.setHeader('Content-Security-Policy', `default-src 'self'; connect-src ${peer}`)
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
