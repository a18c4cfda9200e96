import { VaultDB } from '@vaultdb/core'
import { check, stats } from '@vaultdb/core/maintenance'
import type { Command } from 'commander'
import { firstPassword, nextPassword, obtainPassword } from '../credentials.ts'
import { escapeName } from '../escape.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { type Invocation, print, withVault } from '../invocation.ts'
import { openLocation } from '../store-location.ts'
import type { Bind } from './command.ts'

interface PasswdOptions {
  readonly newPasswordFile?: string
}

export function addVaultCommands(program: Command, bind: Bind): void {
  program.command('init').description('create an empty vault').action(bind(init))
  program
    .command('passwd')
    .description("change the vault's password")
    .option('--new-password-file <file>', 'a file that holds the new one (or set VAULTDB_NEW_PASSWORD)')
    .action(bind(changePassword))
  program.command('check').description('read and verify the whole vault').action(bind(checkVault))
  program.command('stats').description('print how much the vault holds').action(bind(printStats))
}

async function init(invocation: Invocation): Promise<ExitCode> {
  const { terminal, common, signal } = invocation
  const { store, text } = openLocation(common.store, terminal)
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

async function checkVault(invocation: Invocation): Promise<ExitCode> {
  const { signal } = invocation
  const report = await withVault(invocation, (db, display) => check(db, { signal, onProgress: display.report }))
  await print(invocation, `${JSON.stringify(report)}\n`, report)
  return EXIT.ok
}

async function printStats(invocation: Invocation): Promise<ExitCode> {
  const { signal } = invocation
  const report = await withVault(invocation, (db, display) => stats(db, { signal, onProgress: display.report }))
  await print(invocation, `${JSON.stringify(report)}\n`, report)
  return EXIT.ok
}
