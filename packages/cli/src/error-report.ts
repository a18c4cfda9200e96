import { type Applied, errorCode, VaultError } from '@vaultdb/core'
import { escapeText } from './escape.ts'
import { CommandError, EXIT, type ExitCode, exitCodeOf } from './exit-codes.ts'
import type { Interrupted, Terminal } from './terminal.ts'

const APPLIED: Readonly<Record<Applied, string>> = {
  no: 'Nothing was changed.',
  some: 'A part of it was applied.',
  unknown: 'It may or may not have been applied: read it back before you do it again.',
}

/**
 * Tells on standard error why a command ended; resolves to the exit status. `stopped` is set where the user asked for the end that
 * `error` then came to be.
 */
export async function reportError(
  error: unknown,
  stopped: Interrupted | undefined,
  isJson: boolean,
  terminal: Terminal,
): Promise<ExitCode> {
  const exitCode = stopped?.exitCode ?? exitCodeOf(error)
  if (exitCode === EXIT.brokenPipe) return exitCode
  const applied = appliedOf(error)
  const retryAfterMs = error instanceof VaultError && error.retryAfterMs ? Math.ceil(error.retryAfterMs) : undefined
  const message = stopped === undefined ? messageOf(error) : 'Stopped.'
  const code = errorCode(error)
  const text = isJson
    ? JSON.stringify({ error: { exitCode, code, message, applied, retryAfterMs } })
    : // A message may name a file, and whoever named that file may have had a terminal in mind.
      escapeText([`vaultdb: ${message}`, ...waitOf(retryAfterMs), ...(applied ? [APPLIED[applied]] : [])].join(' '))
  const trace = exitCode === EXIT.internal && terminal.env.VAULTDB_DEBUG ? framesOf(error) : ''
  await terminal.stderr.write(`${text}\n${trace}`).catch(() => undefined) // the status still tells
  return exitCode
}

function appliedOf(error: unknown): Applied | undefined {
  if (typeof error !== 'object' || error === null || !('applied' in error)) return undefined
  const { applied } = error
  return applied === 'no' || applied === 'some' || applied === 'unknown' ? applied : undefined
}

function waitOf(retryAfterMs: number | undefined): string[] {
  if (retryAfterMs === undefined) return []
  const seconds = Math.ceil(retryAfterMs / 1000)
  const [count, unit] = seconds < 120 ? [seconds, 'second'] : [Math.ceil(seconds / 60), 'minute']
  return [`Wait ${count} ${unit}${count === 1 ? '' : 's'} before you try again.`]
}

/** Messages of the vault and of this program hold no secret; what any other error says is not shown. */
function messageOf(error: unknown): string {
  if (error instanceof CommandError || error instanceof VaultError) return error.message
  const name = error instanceof Error ? error.name : typeof error
  return `An unexpected ${name}: a defect in vaultdb. VAULTDB_DEBUG=1 tells where; please report it.`
}

/** Where an error came from, without its message. */
function framesOf(error: unknown): string {
  const lines = error instanceof Error ? (error.stack ?? '').split('\n') : []
  return lines
    .filter((line) => line.startsWith('    at '))
    .join('\n')
    .concat('\n')
}
