import { type Applied, errorCode, VaultError } from '@vaultdb/core'
import { CommandError, EXIT, type ExitCode, exitCodeOf } from './exit-codes.ts'
import { Interrupted, type Terminal } from './terminal.ts'

const APPLIED: Readonly<Record<Applied, string>> = {
  no: 'Nothing was changed.',
  some: 'A part of it was applied.',
  unknown: 'It may or may not have been applied: read it back before you do it again.',
}

/** Tells why a command ended, on standard error; resolves to the exit status. `error` is what it ended with, `reason` why, if the user asked for it. */
export async function reportError(reason: unknown, error: unknown, isJson: boolean, terminal: Terminal): Promise<ExitCode> {
  const exitCode = reason instanceof Interrupted ? reason.exitCode : exitCodeOf(error)
  if (exitCode === EXIT.brokenPipe) return exitCode
  const applied = appliedOf(error)
  const message = reason instanceof Interrupted ? 'Stopped.' : messageOf(error)
  const code = errorCode(error)
  const text = isJson
    ? JSON.stringify({ error: { exitCode, ...(code && { code }), message, ...(applied && { applied }) } })
    : [`vaultdb: ${message}`, ...(applied ? [APPLIED[applied]] : [])].join(' ')
  await terminal.stderr.write(`${text}\n`).catch(() => undefined) // the status still tells
  return exitCode
}

function appliedOf(error: unknown): Applied | undefined {
  if (typeof error !== 'object' || error === null || !('applied' in error)) return undefined
  const { applied } = error
  return applied === 'no' || applied === 'some' || applied === 'unknown' ? applied : undefined
}

/** Messages of the vault and of this program hold no secret; what any other error says is not shown. */
function messageOf(error: unknown): string {
  if (error instanceof CommandError || error instanceof VaultError) return error.message
  if (error instanceof TypeError && error.stack?.includes('vaultdb')) return error.message
  const name = error instanceof Error ? error.name : typeof error
  return `An unexpected ${name}: a defect in vaultdb. Please report it with the command, without its secrets.`
}
