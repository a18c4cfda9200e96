import type { Command } from 'commander'
import { escapeName, escapeText } from '../escape.ts'
import { EXIT, type ExitCode, usageError } from '../exit-codes.ts'
import { directoryArgument, type Invocation, print, withVault } from '../invocation.ts'
import { editValue } from '../value-editor.ts'
import { parseValue, readValue } from '../value-input.ts'
import type { Bind } from './command.ts'

interface GetOptions {
  readonly field?: string
}
interface PutOptions {
  readonly text?: boolean
  readonly edit?: boolean
}
interface PruneOptions {
  readonly yes?: boolean
}

export function addDocumentCommands(program: Command, bind: Bind): void {
  program
    .command('get')
    .argument('<path>', 'the document, like /bob/notes')
    .description('print a document')
    .option('--field <name>', 'print only this property of it')
    .action(bind(get))
  program
    .command('put')
    .argument('<path>', 'the document, like /bob/notes')
    .description('store a document: JSON from standard input, a prompt, or your editor')
    .allowExcessArguments() // so that a value given as an argument is refused with the reason
    .option('--text', 'the input is a plain text, not JSON')
    .option('--edit', 'change the document in $VISUAL or $EDITOR')
    .action(bind(put))
  program.command('remove').argument('<path...>', 'the documents').description('remove documents').action(bind(remove))
  program
    .command('prune')
    .argument('<directory>', 'the directory, like /bob/')
    .description('remove everything below a directory')
    .option('--yes', 'do not ask')
    .action(bind(prune))
}

async function get(invocation: Invocation, { field }: GetOptions, operands: readonly string[]): Promise<ExitCode> {
  const [path = ''] = operands
  const document = await withVault(invocation, (db) => db.get(path, { signal: invocation.signal }))
  if (document === null) return sayAbsent(invocation, path)
  if (field === undefined) return show(invocation, document)
  if (typeof document !== 'object' || !Object.hasOwn(document, field)) {
    await invocation.terminal.stderr.write(`${escapeName(path)} has no property ${escapeName(field)}.\n`)
    return EXIT.no
  }
  return show(invocation, new Map<string, unknown>(Object.entries(document)).get(field))
}

/** A text as it is, anything else as JSON; escaped only where a terminal would act on it. */
async function show(invocation: Invocation, value: unknown): Promise<ExitCode> {
  const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2)
  await print(invocation, `${invocation.terminal.stdout.isTerminal ? escapeText(text) : text}\n`, value)
  return EXIT.ok
}

async function put(invocation: Invocation, options: PutOptions, operands: readonly string[]): Promise<ExitCode> {
  const [path = '', forbidden] = operands
  if (forbidden !== undefined) {
    throw usageError(
      'A value is never an argument: every program on this machine can read it there, and the shell keeps it in its history. ' +
        'Pipe it in, leave it away to be asked, or use --edit.',
    )
  }
  if (options.edit) return edit(invocation, path, options).catch(refuseValue)
  const read = async (): Promise<unknown> => parseValue(await readValue(invocation), options.text === true)
  // What comes through a pipe is judged before anything is opened; a person is asked once the password was right.
  const piped = invocation.terminal.stdinIsTerminal ? undefined : await read()
  await withVault(invocation, async (db) => {
    const value = piped ?? (await read())
    await db.put(path, value, { signal: invocation.signal }).catch(refuseValue)
  })
  await print(invocation, `Stored ${escapeName(path)}.\n`, { stored: path })
  return EXIT.ok
}

/** What JSON text can say and a document cannot hold (lone surrogates, too deep nesting) is the user's to change. */
function refuseValue(error: unknown): never {
  throw error instanceof TypeError ? usageError(`${error.message} Nothing was stored.`, error) : error
}

async function edit(invocation: Invocation, path: string, options: PutOptions): Promise<ExitCode> {
  const isStored = await withVault(invocation, (db) => editValue(db, path, options.text === true, invocation))
  const words = isStored ? `Stored ${escapeName(path)}.\n` : `${escapeName(path)} is unchanged.\n`
  await print(invocation, words, { [isStored ? 'stored' : 'unchanged']: path })
  return EXIT.ok
}

async function remove(invocation: Invocation, _options: object, operands: readonly string[]): Promise<ExitCode> {
  const paths = [...new Set(operands)]
  const results = await withVault(invocation, (db) =>
    db.write(
      paths.map((path) => ({ remove: path })),
      { signal: invocation.signal },
    ),
  )
  const absent = paths.filter((_path, index) => results[index] !== 'removed')
  const removed = paths.filter((path) => !absent.includes(path))
  const words = removed.map((path) => `Removed ${escapeName(path)}.\n`).join('')
  await print(invocation, words, { removed, absent })
  for (const path of absent) await sayAbsent(invocation, path)
  return absent.length > 0 ? EXIT.no : EXIT.ok
}

async function sayAbsent({ terminal, common }: Invocation, path: string): Promise<ExitCode> {
  if (!common.json) await terminal.stderr.write(`There is no document ${escapeName(path)}.\n`)
  return EXIT.no
}

async function prune(invocation: Invocation, options: PruneOptions, operands: readonly string[]): Promise<ExitCode> {
  const { terminal, signal } = invocation
  const directory = directoryArgument(operands[0])
  if (!options.yes && !terminal.canAsk)
    throw usageError('Nobody is here to ask: say --yes to remove everything below the directory.')
  const removed = await withVault(invocation, async (db, display) => {
    if (!options.yes) {
      const { length } = await db.find(directory, { signal }).toArray()
      if (length === 0) return 0
      const question = `Remove ${length} document${length === 1 ? '' : 's'} below ${escapeName(directory)}?`
      if (!(await terminal.confirm(question, signal))) return null
    }
    return db.prune(directory, { signal, onProgress: display.report })
  })
  await print(invocation, removed === null ? 'Nothing was removed.\n' : `Removed: ${removed}.\n`, {
    removed: removed ?? 0,
  })
  return removed ? EXIT.ok : EXIT.no
}
