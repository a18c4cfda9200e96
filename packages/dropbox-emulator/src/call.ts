import type { Runtime } from '@vaultdb/core'
import type { Account } from './account.ts'
import type { Refusal } from './answers.ts'
import type { Cursors } from './cursors.ts'

/** What every function of the API is called with. */
export interface OpenCall {
  readonly route: string
  readonly argument: unknown
  readonly body: Uint8Array
  readonly cursors: Cursors
  readonly runtime: Pick<Runtime, 'now' | 'randomBytes' | 'jitter' | 'sleep'>
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal
  readonly backoffSeconds: number | null
  readonly ifNoneMatch: string | null
  readonly maxPageEntries: number
  readonly maxUploadBytes: number
  readonly quotaBytes: number
  accountOf(name: string): Account
  /** The argument, or a 400. */
  read<T>(reader: (value: unknown, at: string) => T): T
  /** A 400 that says what is wrong with the argument. */
  malformed(problem: string): Refusal
}

/** A call by somebody who is signed in. */
export interface Call extends OpenCall {
  readonly account: Account
  readonly accountName: string
}
