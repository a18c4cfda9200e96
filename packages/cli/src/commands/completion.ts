import type { Command } from 'commander'
import { completionScript, SHELLS, type Shell } from '../completion.ts'
import { EXIT, usageError } from '../exit-codes.ts'
import type { Bind } from './command.ts'

export function addCompletionCommand(program: Command, bind: Bind): void {
  program
    .command('completion')
    .argument('<shell>', SHELLS.join(', '))
    .description('print a script that completes commands and options')
    .action(
      bind(async ({ terminal }, _options: object, [name]) => {
        const shell = SHELLS.find((known): known is Shell => known === name)
        if (shell === undefined) throw usageError(`vaultdb completes for ${SHELLS.join(', ')}.`)
        await terminal.stdout.write(completionScript(program, shell))
        return EXIT.ok
      }),
    )
}
