import { addAbortSignal } from 'node:stream'
import type { Command } from 'commander'
import { escapeName } from '../escape.ts'
import { EXIT, type ExitCode, usageError } from '../exit-codes.ts'
import { type Invocation, print } from '../invocation.ts'
import { credentialsPath, saveCredentials } from '../stores/credentials-file.ts'
import type { AskAtPage } from '../stores/dropbox-sign-in.ts'
import type { RemoteStorageLocation } from '../stores/location.ts'
import { locationOf } from '../stores/open-location.ts'
import { SERVICES, type Service } from '../stores/services.ts'
import type { Bind } from './command.ts'

interface SignInOptions {
  readonly appKey?: string
}

export function addSignInCommands(program: Command, bind: Bind): void {
  const operand = `${SERVICES.join(', ')} (then --store names the account and folder)`
  program
    .command('sign-in')
    .argument('<service>', operand)
    .description('get and keep the permission to use a store')
    .option('--app-key <key>', 'the key of your Dropbox app (or set DROPBOX_APP_KEY)')
    .action(bind(signIn))
  program
    .command('sign-out')
    .argument('<service>', operand)
    .description('forget the permission to use a store')
    .action(bind(signOut))
}

async function signIn(
  invocation: Invocation,
  { appKey }: SignInOptions,
  operands: readonly string[],
): Promise<ExitCode> {
  const { terminal, signal } = invocation
  const service = serviceOf(operands[0])
  const ask = askAtPage(invocation)
  if (service === 'dropbox') {
    const { signInToDropbox } = await import('../stores/dropbox-sign-in.ts')
    await signInToDropbox(appKey, ask, terminal, signal)
  } else {
    const { signInToRemoteStorage } = await import('../stores/remotestorage-sign-in.ts')
    await signInToRemoteStorage(accountOf(invocation), ask, terminal, signal)
  }
  const kept = credentialsPath(terminal)
  await print(invocation, `Signed in; kept in ${escapeName(kept)}.\n`, { signedIn: service, file: kept })
  return EXIT.ok
}

async function signOut(invocation: Invocation, _options: object, operands: readonly string[]): Promise<ExitCode> {
  const { terminal } = invocation
  const service = serviceOf(operands[0])
  const wasThere = await saveCredentials(await entryOf(service, invocation), null, terminal)
  const words = wasThere
    ? "Forgotten here. To end the permission itself, remove the app in the account's settings.\n"
    : 'Nobody was signed in.\n'
  await print(invocation, words, { signedOut: wasThere ? service : null })
  return wasThere ? EXIT.ok : EXIT.no
}

async function entryOf(service: Service, invocation: Invocation): Promise<string> {
  if (service === 'dropbox') return (await import('../stores/dropbox.ts')).DROPBOX_ENTRY
  const { remoteStorageEntry } = await import('../stores/remotestorage.ts')
  return remoteStorageEntry(accountOf(invocation))
}

/** Whatever else was given is not repeated: it may be a token. */
function serviceOf(operand: string | undefined): Service {
  const service = SERVICES.find((known) => known === operand)
  if (service === undefined) throw usageError(`vaultdb signs in to ${SERVICES.join(' and ')}. S3 takes AWS keys.`)
  return service
}

function accountOf({ terminal, common }: Invocation): RemoteStorageLocation {
  const isNamed = Boolean(common.store ?? terminal.env.VAULTDB_STORE)
  const location = isNamed ? locationOf(common.store, terminal).location : undefined
  if (location?.kind === 'remotestorage') return location
  throw usageError('Which account and folder? Say --store remotestorage:user@host/folder.')
}

/** The answer is typed unseen, or comes through standard input where that is no keyboard. */
function askAtPage({ terminal, signal }: Invocation): AskAtPage {
  return async (url, instruction, question) => {
    await terminal.stderr.write(`${instruction}\n\n  ${escapeName(url)}\n\n`)
    const answer = terminal.stdinIsTerminal
      ? await terminal.askSecret(question, signal)
      : await firstLine(addAbortSignal(signal, terminal.stdin))
    if (answer.trim() === '') throw usageError('No answer came; nothing was changed.')
    return answer.trim()
  }
}

const MAX_ANSWER_LENGTH = 16_384

async function firstLine(input: AsyncIterable<Uint8Array>): Promise<string> {
  let text = ''
  for await (const chunk of input) {
    text += Buffer.from(chunk).toString('latin1') // codes and addresses are ASCII
    if (text.includes('\n') || text.length > MAX_ANSWER_LENGTH) break
  }
  return text.split('\n')[0] ?? ''
}
