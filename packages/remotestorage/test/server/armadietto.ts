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

/** Where a user keeps files, and the token for those below `vaults`. */
export interface Account {
  readonly href: string
  readonly token: string
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
  #questions = 0

  private constructor(child: ChildProcess, folder: string, port: number, tokens: Tokens) {
    this.#child = child
    this.folder = folder
    this.origin = `http://127.0.0.1:${port}`
    this.href = `${this.origin}/storage/ada`
    this.userAddress = `ada@localhost:${port}`
    this.tokens = tokens
  }

  /** `prompt`: a server on which nobody waits for a tenth of a second until it looks whose turn it is. */
  static async start({ prompt = false }: { readonly prompt?: boolean } = {}): Promise<Armadietto> {
    const folder = fs.mkdtempSync(join(tmpdir(), 'vaultdb-remotestorage-'))
    const program = fileURLToPath(new URL('child.mjs', import.meta.url))
    const child = fork(program, prompt ? [folder, 'prompt'] : [folder], { execArgv: [] })
    const started = await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(() => Promise.reject(new Error('The remoteStorage server did not start.'))),
    ])
    const [{ port, tokens }] = started as [{ port: number; tokens: Tokens }]
    child.setMaxListeners(0) // as many as there are questions
    return new Armadietto(child, folder, port, tokens)
  }

  /** The requests that arrived since this was last called, as `GET /storage/ada/vaults/…`. */
  async takeRequests(): Promise<string[]> {
    return (await this.#ask('takeRequests')) as string[]
  }

  /** Another user: the server writes one file at a time for each, and looks ten times a second whose turn it is. */
  async newUser(): Promise<Account> {
    const { username, token } = (await this.#ask('newUser')) as { username: string; token: string }
    return { href: `${this.origin}/storage/${username}`, token }
  }

  /** Takes back a token of user `ada`. */
  async revoke(token: string): Promise<void> {
    await this.#ask('revoke', token)
  }

  async stop(): Promise<void> {
    const exited = once(this.#child, 'exit')
    this.#child.disconnect()
    await exited
    fs.rmSync(this.folder, { recursive: true })
  }

  #ask(task: string, argument?: string): Promise<unknown> {
    this.#questions += 1
    const id = this.#questions
    return new Promise((resolve) => {
      const answered = (message: { readonly id: number; readonly result: unknown }): void => {
        if (message.id !== id) return
        this.#child.off('message', answered)
        resolve(message.result)
      }
      this.#child.on('message', answered)
      this.#child.send({ id, task, argument })
    })
  }
}
