import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The tokens of user `ada`. */
export interface Tokens {
  /** For everything below `vaults`. */
  readonly readWrite: string
  /** For reading below `vaults`. */
  readonly readOnly: string
  /** For everything below `notes` only. */
  readonly foreign: string
}

/** A remoteStorage server on this machine's loopback interface. */
export class Armadietto {
  readonly origin: string
  /** The storage root of user `ada`. */
  readonly href: string
  readonly userAddress: string
  readonly tokens: Tokens
  /** Where the server keeps its users and files. */
  readonly folder: string
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, folder: string, port: number, tokens: Tokens) {
    this.#child = child
    this.folder = folder
    this.origin = `http://127.0.0.1:${port}`
    this.href = `${this.origin}/storage/ada`
    this.userAddress = `ada@localhost:${port}`
    this.tokens = tokens
  }

  static async start(): Promise<Armadietto> {
    const folder = fs.mkdtempSync(join(tmpdir(), 'vaultdb-remotestorage-'))
    const child = fork(fileURLToPath(new URL('child.mjs', import.meta.url)), [folder], { execArgv: [] })
    const started = await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(() => Promise.reject(new Error('The remoteStorage server did not start.'))),
    ])
    const [{ port, tokens }] = started as [{ port: number; tokens: Tokens }]
    return new Armadietto(child, folder, port, tokens)
  }

  /** The requests that arrived since this was last called, as `GET /storage/ada/vaults/…`. */
  async takeRequests(): Promise<string[]> {
    return await this.#ask({})
  }

  async revoke(token: string): Promise<void> {
    await this.#ask({ revoke: token })
  }

  async stop(): Promise<void> {
    const exited = once(this.#child, 'exit')
    this.#child.disconnect()
    await exited
    fs.rmSync(this.folder, { recursive: true })
  }

  async #ask(question: object): Promise<string[]> {
    const answered = once(this.#child, 'message')
    this.#child.send(question)
    const [{ requests }] = (await answered) as [{ requests: string[] }]
    return requests
  }
}
