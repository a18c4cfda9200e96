// A remoteStorage server in a process of its own, because it listens to its process's signals, warnings and errors. Ends
// with its parent. Arguments: the folder to keep everything in; `prompt` for a server that keeps nobody waiting for longer than
// it must.

import { join } from 'node:path'
import process from 'node:process'
import Armadietto from 'armadietto'

/**
 * The server's own store, lock files and all. It looks ten times a second whether a user's lock is free, and whether a file that was
 * read while it was being written is whole; here those who want the lock queue up before they look.
 */
class PromptFileTree extends Armadietto.FileTree {
  /** @type {Map<string, Promise<void>>} */
  #queues = new Map()
  /** @type {Map<string, () => void>} */
  #leave = new Map()

  /**
   * @override
   * @param {string} username
   */
  async _lock(username) {
    const before = this.#queues.get(username)
    /** @type {() => void} */
    let leave = () => undefined
    this.#queues.set(username, new Promise((resolve) => (leave = resolve)))
    await before
    this.#leave.set(username, leave)
    await super._lock(username)
  }

  /**
   * @override
   * @param {string} username
   */
  async _unlock(username) {
    await super._unlock(username)
    this.#leave.get(username)?.()
  }

  /** @override */
  _delay() {
    return super._delay(2)
  }
}

const [, , folder = '', waiting] = process.argv
const FileTree = waiting === 'prompt' ? PromptFileTree : Armadietto.FileTree
const store = new FileTree({ path: join(folder, 'files') })
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
