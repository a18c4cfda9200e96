import { open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { addAbortSignal, type Readable } from 'node:stream'
import { type Command, Option } from 'commander'
import { escapeName } from '../escape.ts'
import { EXIT, type ExitCode, fileError, systemCode, usageError } from '../exit-codes.ts'
import { directoryArgument, type Invocation, print, withVault } from '../invocation.ts'
import type { ReportLoss } from '../transfer/format.ts'
import { DEFAULT_FORMAT, FORMAT_NAMES, formatFor } from '../transfer/formats.ts'
import { gather } from '../transfer/gather.ts'
import { Import, type ImportReport } from '../transfer/import.ts'
import { assertFree, writeOutputFile } from '../transfer/output-file.ts'
import type { Bind } from './command.ts'

interface ImportOptions {
  readonly format?: string
}
interface ExportOptions extends ImportOptions {
  readonly from?: string
  readonly force?: boolean
}

const formatOption = (): Option =>
  new Option('--format <name>', 'the file format; else told by the end of the file name').choices(FORMAT_NAMES)

export function addTransferCommands(program: Command, bind: Bind): void {
  program
    .command('import')
    .argument('<file>', 'the file to read; - for standard input')
    .description('put the documents of a file into the vault')
    .addOption(formatOption())
    .action(bind(importFile))
  program
    .command('export')
    .argument('[file]', 'the file to write; standard output without it')
    .description('write documents, unencrypted, to a file')
    .addOption(formatOption())
    .option('--from <directory>', 'only what lies below this directory')
    .option('--force', 'replace the file if it exists')
    .action(bind(exportFile))
}

async function importFile(
  invocation: Invocation,
  options: ImportOptions,
  operands: readonly string[],
): Promise<ExitCode> {
  const file = operands[0] ?? '-'
  const format = formatFor(options.format, file) ?? refuseToGuess()
  const input = await openInput(file, invocation)
  return withVault(invocation, async (db, display) => {
    const importing = new Import(db, {
      signal: invocation.signal,
      display,
      onProblem: (line, reason) => {
        display.stop()
        return reportProblem(invocation, { line }, `Line ${line}`, reason)
      },
    })
    let isComplete = false
    try {
      await importing.run(format.read(namingFile(input, file)))
      isComplete = true
    } finally {
      display.stop()
      await summarize(invocation, importing.report, isComplete)
    }
    return importing.report.problems > 0 ? EXIT.partial : EXIT.ok
  })
}

function refuseToGuess(): never {
  throw usageError(`The end of the file's name tells no format: say --format ${FORMAT_NAMES.join('|')}.`)
}

/** Bytes of the file; reading ends when the user asks to stop, also while nothing comes. */
async function openInput(file: string, { terminal, signal }: Invocation): Promise<Readable> {
  if (file === '-') {
    if (terminal.stdinIsTerminal) throw usageError('Standard input is the keyboard: pipe a file into it, or name one.')
    return addAbortSignal(signal, terminal.stdin)
  }
  const handle = await open(resolve(terminal.directory, file)).catch((cause: unknown) => {
    throw fileError('read', file, cause)
  })
  return addAbortSignal(signal, handle.createReadStream())
}

async function* namingFile(input: Readable, file: string): AsyncIterable<Uint8Array> {
  try {
    yield* input
  } catch (error) {
    if (systemCode(error) === undefined || systemCode(error) === 'ABORT_ERR') throw error
    throw fileError('read', file === '-' ? 'standard input' : file, error)
  }
}

async function summarize(invocation: Invocation, report: ImportReport, isComplete: boolean): Promise<void> {
  const { counts, problems, unknown } = report
  const parts = [`${counts.created} created`, `${counts.replaced} replaced`, `${counts.unchanged} unchanged`]
  if (problems > 0) parts.push(`${problems} left out`)
  if (unknown > 0) parts.push(`${unknown} may or may not have been written`)
  const words = `${isComplete ? 'Imported' : 'Not finished; so far'}: ${parts.join(', ')}.\n`
  await print(invocation, words, { complete: isComplete, ...counts, leftOut: problems, unknown })
}

async function exportFile(
  invocation: Invocation,
  options: ExportOptions,
  operands: readonly string[],
): Promise<ExitCode> {
  const { terminal } = invocation
  const file = operands[0] === '-' ? undefined : operands[0]
  const format = formatFor(options.format, file) ?? (file === undefined ? DEFAULT_FORMAT : refuseToGuess())
  const path = file === undefined ? undefined : resolve(terminal.directory, file)
  if (path !== undefined) await assertFree(path, options.force === true)
  return withVault(invocation, async (db, display) => {
    const losses: Parameters<ReportLoss>[] = []
    const documents = db.entries(directoryArgument(options.from), {
      signal: invocation.signal,
      onProgress: display.report,
    })
    const found = documents[Symbol.asyncIterator]()
    const first = await found.next()
    if (first.done === true && options.from !== undefined) {
      display.stop()
      await terminal.stderr.write('There is nothing below that directory; no file was written.\n')
      return EXIT.no
    }
    const text = gather(format.write(startingWith(first, found), (...loss) => losses.push(loss)))
    if (path === undefined) for await (const piece of text) await terminal.stdout.write(piece)
    else await writeOutputFile(path, text, options.force === true, terminal)
    display.stop()
    for (const [at, reason] of losses) await reportProblem(invocation, { path: at }, escapeName(at), reason)
    return losses.length > 0 ? EXIT.partial : EXIT.ok
  })
}

/** The rest of an iteration whose first step has been taken. */
async function* startingWith<T>(first: IteratorResult<T>, rest: AsyncIterator<T>): AsyncIterable<T> {
  for (let step = first; step.done !== true; step = await rest.next()) yield step.value
}

/** One line on standard error about something left out: for a program an object, for a person a sentence. */
async function reportProblem(
  { terminal, common }: Invocation,
  place: { readonly line: number } | { readonly path: string },
  placeInWords: string,
  reason: string,
): Promise<void> {
  const text = common.json ? JSON.stringify({ problem: { ...place, reason } }) : `${placeInWords}: ${reason}.`
  await terminal.stderr.write(`${text}\n`)
}
