// A remoteStorage server in a process of its own, because it listens to its process's signals, warnings and errors. Ends
// with its parent. Arguments: the folder to keep everything in.

import { join } from 'node:path'
import process from 'node:process'
import Armadietto from 'armadietto'

const [, , folder = ''] = process.argv
const store = new Armadietto.FileTree({ path: join(folder, 'files') })
const server = new Armadietto({
  store,
  http: { host: '127.0.0.1', port: 0 },
  logging: { log_dir: folder, stdout: [], log_files: ['error'] },
})
await server.boot()
const { _http: http } = await server._server

/** @type {string[]} */
const requests = []
http.prependListener('request', ({ method, url }) => requests.push(`${method} ${url}`))

await store.createUser({ username: 'ada', email: 'ada@storage.example', password: 'lovelace' })
const scopes = { readWrite: { vaults: ['r', 'w'] }, readOnly: { vaults: ['r'] }, foreign: { notes: ['r', 'w'] } }
const tokens = {}
// One after the other: each reads and writes the same file.
for (const [name, scope] of Object.entries(scopes)) tokens[name] = await store.authorize('tests', 'ada', scope)

process.on('disconnect', () => process.exit())
process.on('message', async ({ revoke }) => {
  if (revoke !== undefined) await store.revokeAccess('ada', revoke)
  process.send?.({ requests: requests.splice(0) })
})
if (!http.listening) await new Promise((resolve) => http.once('listening', resolve))
process.send?.({ port: http.address().port, tokens })
