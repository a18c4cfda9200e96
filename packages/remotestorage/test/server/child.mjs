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
http.prependListener('request', (/** @type {import('node:http').IncomingMessage} */ { method, url }) => {
  requests.push(`${method} ${url}`)
})

/** @param {string} username */
async function createUser(username) {
  await store.createUser({ username, email: `${username}@storage.example`, password: 'lovelace' })
}

/**
 * @param {string} username
 * @param {Record<string, string[]>} scopes
 */
const authorize = (username, scopes) => store.authorize('tests', username, scopes)

// One after the other: each reads and writes the same file.
await createUser('ada')
const tokens = {
  readWrite: await authorize('ada', { vaults: ['r', 'w'] }),
  readOnly: await authorize('ada', { vaults: ['r'] }),
  foreign: await authorize('ada', { notes: ['r', 'w'] }),
}

let users = 0
const tasks = {
  takeRequests: async () => requests.splice(0),
  newUser: async () => {
    users += 1
    const username = `user-${users}`
    await createUser(username)
    return { username, token: await authorize(username, { vaults: ['r', 'w'] }) }
  },
  /** @param {string} token */
  revoke: async (token) => store.revokeAccess('ada', token),
}

process.on('disconnect', () => process.exit())
process.on('message', async (/** @type {{ id: number, task: keyof typeof tasks, argument: string }} */ message) => {
  const { id, task, argument } = message
  process.send?.({ id, result: await tasks[task](argument) })
})
if (!http.listening) await new Promise((resolve) => http.once('listening', resolve))
process.send?.({ port: /** @type {import('node:net').AddressInfo} */ (http.address()).port, tokens })
