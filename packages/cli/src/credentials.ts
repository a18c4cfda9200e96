import { readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { CommandError, EXIT, fileError } from './exit-codes.ts'
import type { Terminal } from './terminal.ts'

/** Where one password may come from, besides a prompt. */
export interface PasswordSource {
  /** What the prompt asks. */
  readonly question: string
  /** The option that names a file, and the file. */
  readonly option: string
  readonly file: string | undefined
  readonly variable: string
  /** A password that is being set is asked for twice. */
  readonly isNew: boolean
}

/** The password of the vault as `--password-file`, `VAULTDB_PASSWORD` or a prompt gives it. */
export function vaultPassword(file: string | undefined): PasswordSource {
  return { question: 'Password', option: '--password-file', file, variable: 'VAULTDB_PASSWORD', isNew: false }
}

/** The password that a new vault gets. */
export function firstPassword(file: string | undefined): PasswordSource {
  return { ...vaultPassword(file), question: 'Password for the new vault', isNew: true }
}

/** The password that replaces the vault's. */
export function nextPassword(file: string | undefined): PasswordSource {
  return {
    question: 'New password',
    option: '--new-password-file',
    file,
    variable: 'VAULTDB_NEW_PASSWORD',
    isNew: true,
  }
}

/** A password: from the file, else the environment, else a prompt. */
export async function obtainPassword(source: PasswordSource, terminal: Terminal, signal: AbortSignal): Promise<string> {
  if (source.file !== undefined) return readPasswordFile(source.file, source.option, terminal)
  const fromEnvironment = terminal.env[source.variable]
  if (fromEnvironment !== undefined) return assertUsable(fromEnvironment, source.variable)
  if (!terminal.canAsk) {
    throw new CommandError(
      EXIT.credentials,
      `No password: use ${source.option} or ${source.variable}, or run it in a terminal.`,
    )
  }
  const answer = assertUsable(await terminal.askSecret(source.question, signal), 'The answer')
  if (source.isNew && (await terminal.askSecret(`${source.question}, again`, signal)) !== answer) {
    throw new CommandError(EXIT.credentials, 'The two passwords differ; nothing was changed.')
  }
  return answer
}

/** The file's text without its last line ending, which editors and `echo` add. */
async function readPasswordFile(file: string, option: string, terminal: Terminal): Promise<string> {
  const path = resolve(terminal.directory, file)
  let bytes: Uint8Array
  let mode: number
  try {
    const status = await stat(path)
    mode = status.isFile() ? status.mode : 0
    bytes = await readFile(path)
  } catch (cause) {
    throw fileError(`read the file of ${option},`, file, cause)
  }
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    await terminal.stderr.write(`Warning: others may read the file of ${option}; chmod 600 it.\n`)
  }
  try {
    return assertUsable(
      new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/\r?\n$/, ''),
      `The file of ${option}`,
    )
  } catch (error) {
    if (error instanceof CommandError) throw error
    throw new CommandError(EXIT.credentials, `The file of ${option} is not text in UTF-8.`)
  }
}

/** Longest password, in bytes, as the vault counts it: in UTF-8 after NFKD. */
const MAX_PASSWORD_BYTES = 1024

function assertUsable(password: string, origin: string): string {
  if (password === '') throw new CommandError(EXIT.credentials, `${origin} is empty: a password is needed.`)
  if (Buffer.byteLength(password.normalize('NFKD')) > MAX_PASSWORD_BYTES) {
    throw new CommandError(
      EXIT.credentials,
      `${origin} is longer than ${MAX_PASSWORD_BYTES} bytes, and so no password.`,
    )
  }
  return password
}
