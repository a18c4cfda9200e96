import type { Runtime } from '@vaultdb/core'
import { badRequest, endpointError } from './answers.ts'

/** How far a client has come in the changes of a folder. */
export interface Position {
  readonly account: string
  /** The folder, folded; `''` for the root. */
  readonly folder: string
  readonly recursive: boolean
  readonly includeDeleted: boolean
  readonly limit: number
  /** The last step that the client has seen. */
  readonly step: number
  /** Up to this step the client has seen nothing yet, so what is deleted need not be told. */
  readonly snapshotStep: number
}

const CURSOR_BYTES = 30

/** Cursors are opaque, do not last for ever, and can be taken back. */
export class Cursors {
  readonly #lifetimeMs: number
  readonly #runtime: Pick<Runtime, 'now' | 'randomBytes'>
  readonly #known: Map<string, { readonly position: Position; readonly madeMs: number }> = new Map()
  readonly #reset: Set<string> = new Set()

  constructor(lifetimeMs: number, runtime: Pick<Runtime, 'now' | 'randomBytes'>) {
    this.#lifetimeMs = lifetimeMs
    this.#runtime = runtime
  }

  make(position: Position): string {
    const cursor = Buffer.from(this.#runtime.randomBytes(CURSOR_BYTES)).toString('base64url')
    this.#known.set(cursor, { position, madeMs: this.#runtime.now() })
    return cursor
  }

  /** `account` is undefined for who needs none: longpoll. */
  find(route: string, cursor: string, account: string | undefined): Position {
    const found = this.#known.get(cursor)
    if (found === undefined || (account !== undefined && found.position.account !== account)) {
      throw badRequest(route, `request body: cursor: '${cursor}' is not a cursor of this user and app`)
    }
    const expired = found.madeMs + this.#lifetimeMs <= this.#runtime.now()
    if (expired || this.#reset.has(cursor)) throw endpointError({ '.tag': 'reset' })
    return found.position
  }

  /** All cursors of now are invalid from now on. */
  reset(): void {
    for (const cursor of this.#known.keys()) this.#reset.add(cursor)
  }
}
