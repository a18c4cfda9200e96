import { VaultDB } from '@vaultdb/core'
import { type CheckProblem, check, stats } from '@vaultdb/core/maintenance'
import type { Command } from 'commander'
import { firstPassword, nextPassword, obtainPassword } from '../credentials.ts'
import { escapeName } from '../escape.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { type Invocation, print, withVault } from '../invocation.ts'
import { openLocation } from '../stores/open-location.ts'
import type { Bind } from './command.ts'

interface PasswdOptions {
  readonly newPasswordFile?: string
}

interface CheckCommandOptions {
  readonly repair?: boolean
}

export function addVaultCommands(program: Command, bind: Bind): void {
  program.command('init').description('create an empty vault').action(bind(init))
  program
    .command('passwd')
    .description("change the vault's password")
    .option('--new-password-file <file>', 'a file that holds the new one (or set VAULTDB_NEW_PASSWORD)')
    .action(bind(changePassword))
  program
    .command('check')
    .description('read and verify the whole vault')
    .option('--repair', 'mend what a crash left behind')
    .action(bind(checkVault))
  program.command('stats').description('print how much the vault holds').action(bind(printStats))
}

async function init(invocation: Invocation): Promise<ExitCode> {
  const { terminal, common, signal } = invocation
  const { store, text } = await openLocation(common.store, terminal, signal)
  try {
    const password = await obtainPassword(firstPassword(common.passwordFile), terminal, signal)
    const db = await VaultDB.create(store, { password, runtime: terminal.runtime, signal })
    await db.close()
  } finally {
    await store.close?.()
  }
  await print(invocation, `Created a vault at ${escapeName(text)}. Nobody can recover its password.\n`, {
    created: text,
  })
  return EXIT.ok
}

async function changePassword(invocation: Invocation, options: PasswdOptions): Promise<ExitCode> {
  const { terminal, signal } = invocation
  await withVault(invocation, async (db, _display, old) => {
    const next = await obtainPassword(nextPassword(options.newPasswordFile), terminal, signal)
    await db.changePassword(old, next, { signal })
  })
  await print(invocation, 'The password was changed. Copies of the vault made before still open with the old one.\n', {
    changed: true,
  })
  return EXIT.ok
}

async function checkVault(invocation: Invocation, { repair = false }: CheckCommandOptions): Promise<ExitCode> {
  const { signal } = invocation
  const report = await withVault(invocation, (db, display) => check(db, { repair, signal, onProgress: display.report }))
  const lines = report.problems.map(describeProblem)
  lines.push(`Read ${report.documents} documents in ${report.directories} directories and ${report.shards} shards: `)
  const left = report.problems.filter(({ repaired }) => !repaired)
  const verdict = left.length === 0 ? 'nothing is wrong.' : `${left.length} problems${repair ? ' are left' : ''}.`
  await print(invocation, `${lines.join('\n')}${verdict}\n`, report)
  if (left.some(({ serious }) => serious)) return EXIT.integrity
  return left.length > 0 ? EXIT.no : EXIT.ok
}

function describeProblem({ kind, file, path, repaired, serious }: CheckProblem): string {
  const place = path === undefined ? file : `${file}, ${escapeName(path)}`
  const weight = repaired
    ? 'repaired'
    : serious
      ? 'serious: restore the file from a backup'
      : 'harmless; --repair may mend it'
  return `${kind} (${place}): ${weight}`
}

async function printStats(invocation: Invocation): Promise<ExitCode> {
  const { signal } = invocation
  const found = await withVault(invocation, (db, display) => stats(db, { signal, onProgress: display.report }))
  const rows: readonly (readonly [string, string | number])[] = [
    ['vault', found.vault],
    ['documents', found.documents],
    ['directories', found.directories],
    ['shards', found.shards],
    ['unreadable shards', found.unreadableShards],
    ['content, bytes', found.jsonBytes],
    ['largest document, bytes', found.largestDocumentBytes],
    ['stored, bytes', found.storedBytes ?? 'unknown'],
    ['writes so far', found.writes],
    ['compression', found.compression],
    ['ways to unlock', found.slots.map(({ kind, kdf }) => (kdf === undefined ? kind : `${kind} (${kdf})`)).join(', ')],
  ]
  await print(invocation, rows.map(([name, value]) => `${name.padEnd(24)}${value}\n`).join(''), found)
  return found.unreadableShards > 0 ? EXIT.integrity : EXIT.ok
}
