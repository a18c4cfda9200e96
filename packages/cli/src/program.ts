import { Command, CommanderError, Option } from 'commander'
import packageJson from '../package.json' with { type: 'json' }
import { addBrowseCommands } from './commands/browse.ts'
import type { Action, Bind } from './commands/command.ts'
import { addCompletionCommand } from './commands/completion.ts'
import { addDocumentCommands } from './commands/documents.ts'
import { addSignInCommands } from './commands/sign-in.ts'
import { addTransferCommands } from './commands/transfer.ts'
import { addVaultCommands } from './commands/vault.ts'
import { reportError } from './error-report.ts'
import { EXIT, type ExitCode, usageError } from './exit-codes.ts'
import type { CommonOptions } from './invocation.ts'
import { LOCATION_EXAMPLES } from './stores/location.ts'
import { Interrupted, type Terminal } from './terminal.ts'

/** What the parser wants to print; kept until its end, because it cannot wait for a stream. */
interface ParserText {
  out: string
  err: string
}

/** Runs the command that `args` (without the program's name) asks for; resolves to the exit status, and never rejects. */
export async function run(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const stop = new AbortController()
  const endWatch = terminal.onStop((signal) => {
    // The second time is for somebody who does not want to wait for the first to be clean.
    if (stop.signal.aborted) process.exit(new Interrupted(signal).exitCode)
    stop.abort(new Interrupted(signal))
  })
  try {
    return await parseAndRun(args, terminal, stop.signal)
  } catch (error) {
    const cause: unknown = stop.signal.aborted ? stop.signal.reason : error
    const stopped = cause instanceof Interrupted ? cause : undefined
    return await reportError(error, stopped, args.includes('--json'), terminal)
  } finally {
    endWatch()
  }
}

async function parseAndRun(args: readonly string[], terminal: Terminal, signal: AbortSignal): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.ok
  const text: ParserText = { out: '', err: '' }
  const bind: Bind =
    <O>(action: Action<O>) =>
    async (...received) => {
      const command = received.at(-1) as Command
      const common: CommonOptions & Refused = command.optsWithGlobals()
      refusePasswordArguments(common)
      exitCode = await action({ terminal, common, signal }, command.opts() as O, command.args)
    }
  try {
    await createProgram(bind, text).parseAsync([...args], { from: 'user' })
    return exitCode
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    await terminal.stdout.write(text.out)
    if (error.exitCode === 0) return EXIT.ok
    if (error.code !== 'commander.help') throw usageError(withoutOptionValues(error.message))
    await terminal.stderr.write(text.err)
    return EXIT.usage
  }
}

/** The parser with all commands. Each is bound to what runs it. */
export function createProgram(bind: Bind, text: ParserText): Command {
  const program = new Command('vaultdb')
    .description('An encrypted document vault over any blob store.')
    .version(packageJson.version)
    .option('--store <location>', `the vault (or set VAULTDB_STORE): ${LOCATION_EXAMPLES}`)
    .option('--password-file <file>', 'a file that holds the password (or set VAULTDB_PASSWORD)')
    .option('--json', 'output for programs')
    .addOption(new Option('--password [refused]').hideHelp())
    .addOption(new Option('--new-password [refused]').hideHelp())
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (piece) => {
        text.out += piece
      },
      writeErr: (piece) => {
        text.err += piece
      },
      outputError: () => undefined, // thrown as well, and reported like every other error
    })
    .exitOverride()
  addVaultCommands(program, bind)
  addDocumentCommands(program, bind)
  addBrowseCommands(program, bind)
  addTransferCommands(program, bind)
  addSignInCommands(program, bind)
  addCompletionCommand(program, bind)
  return program
}

interface Refused {
  readonly password?: unknown
  readonly newPassword?: unknown
}

function refusePasswordArguments({ password, newPassword }: Refused): void {
  if (password === undefined && newPassword === undefined) return
  throw usageError(
    'A password is never an argument: every program on this machine can read it there, and the shell keeps it in its history. ' +
      'Use the prompt, --password-file or VAULTDB_PASSWORD, and change this password if it is in use.',
  )
}

/** What follows an option that is misspelt may be a password. */
function withoutOptionValues(message: string): string {
  return message
    .replace(/^error: /, '')
    .replace(/'(--?[^=']*)=.*'/s, "'$1'")
    .replace(/'(-[^-'])[^']*'/s, "'$1'") // a value that is glued to a short option, as `-pSECRET` elsewhere
}
