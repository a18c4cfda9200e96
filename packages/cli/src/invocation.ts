import { VaultDB } from '@vaultdb/core'
import { obtainPassword, vaultPassword } from './credentials.ts'
import { createProgress, type ProgressDisplay } from './progress.ts'
import { openLocation } from './stores/open-location.ts'
import type { Terminal } from './terminal.ts'

/** Options that every command takes. */
export interface CommonOptions {
  readonly store?: string
  readonly passwordFile?: string
  readonly json?: boolean
}

/** One run of one command: its surroundings and what the user asked for in general. */
export interface Invocation {
  readonly terminal: Terminal
  readonly common: CommonOptions
  /** Aborted when the user asks to stop. */
  readonly signal: AbortSignal
}

/** What was read or confirmed this short a time ago is current enough for a command that runs once. */
const MAX_AGE_MS = 10_000

/** What is done with an open vault. */
export type UseVault<T> = (db: VaultDB, display: ProgressDisplay, password: string) => Promise<T>

/** Opens the vault with the password from the usual places, hands it to `use`, and closes it whatever happens. */
export async function withVault<T>(invocation: Invocation, use: UseVault<T>): Promise<T> {
  const { terminal, signal } = invocation
  const { store } = await openLocation(invocation.common.store, terminal, signal)
  try {
    const password = await obtainPassword(vaultPassword(invocation.common.passwordFile), terminal, signal)
    const db = await VaultDB.open(store, { password, runtime: terminal.runtime, signal, maxAgeMs: MAX_AGE_MS })
    return await useThenClose(db, password, invocation, use)
  } finally {
    await store.close?.()
  }
}

async function useThenClose<T>(db: VaultDB, password: string, { terminal }: Invocation, use: UseVault<T>): Promise<T> {
  const display = createProgress(terminal)
  try {
    return await use(db, display, password)
  } finally {
    display.stop()
    await db.close()
  }
}

/** Prints one line for a person, or one JSON value for a program. */
export async function print({ terminal, common }: Invocation, forPerson: string, forProgram: unknown): Promise<void> {
  await terminal.stdout.write(common.json ? `${JSON.stringify(forProgram)}\n` : forPerson)
}

/** A directory as people type it: the last slash may be missing. */
export function directoryArgument(argument: string | undefined): string {
  if (argument === undefined) return '/'
  return argument.endsWith('/') ? argument : `${argument}/`
}
