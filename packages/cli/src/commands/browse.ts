import type { Command } from 'commander'
import { escapeName } from '../escape.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { directoryArgument, type Invocation, print, withVault } from '../invocation.ts'
import { gather } from '../transfer/gather.ts'
import { drawTree, treeOf } from '../tree.ts'
import type { Bind } from './command.ts'

interface FindOptions {
  readonly match?: string
}

export function addBrowseCommands(program: Command, bind: Bind): void {
  program
    .command('list')
    .argument('[directory]', 'the directory, like /bob/; the top without it')
    .description('print the names in a directory')
    .action(bind(list))
  program
    .command('tree')
    .argument('[directory]', 'the directory, like /bob/; the top without it')
    .description('draw everything below a directory')
    .action(bind(tree))
  program
    .command('find')
    .argument('[directory]', 'the directory, like /bob/; the top without it')
    .description('print the path of every document below a directory')
    .option('--match <text>', 'only paths that contain this text, in upper or lower case')
    .action(bind(find))
}

async function list(invocation: Invocation, _options: object, operands: readonly string[]): Promise<ExitCode> {
  const directory = directoryArgument(operands[0])
  const names = await withVault(invocation, (db) => db.list(directory, { signal: invocation.signal }))
  await print(invocation, names.map((name) => `${escapeName(name)}\n`).join(''), names)
  return nothingIs(names.length, directory)
}

async function tree(invocation: Invocation, _options: object, operands: readonly string[]): Promise<ExitCode> {
  const directory = directoryArgument(operands[0])
  const { signal } = invocation
  const paths = await withVault(invocation, (db, display) =>
    db.find(directory, { signal, onProgress: display.report }).toArray(),
  )
  const root = treeOf(directory, paths)
  await print(invocation, drawTree(root), root)
  return nothingIs(paths.length, directory)
}

async function find(invocation: Invocation, { match }: FindOptions, operands: readonly string[]): Promise<ExitCode> {
  const { terminal, common, signal } = invocation
  const directory = directoryArgument(operands[0])
  const wanted = match?.toLowerCase() ?? ''
  let found = 0
  await withVault(invocation, async (db, display) => {
    const paths = db.find(directory, { signal, onProgress: display.report })
    async function* lines(): AsyncIterable<string> {
      for await (const path of paths) {
        if (!path.toLowerCase().includes(wanted)) continue
        found++
        yield `${common.json ? JSON.stringify(path) : escapeName(path)}\n`
      }
    }
    for await (const piece of gather(lines())) {
      display.stop()
      await terminal.stdout.write(piece)
    }
  })
  return match === undefined ? nothingIs(found, directory) : found > 0 ? EXIT.ok : EXIT.no
}

/** An empty vault is not an error; a directory that was named and is not there is a "no". */
function nothingIs(count: number, directory: string): ExitCode {
  return count === 0 && directory !== '/' ? EXIT.no : EXIT.ok
}
