import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { VaultDB } from '@vaultdb/core'
import { CommandError, EXIT, usageError } from './exit-codes.ts'
import type { Invocation } from './invocation.ts'
import { parseValue } from './value-input.ts'

/**
 * Lets the user change a document in an editor; resolves to whether it was stored. If somebody else changed the document
 * meanwhile nothing is stored.
 */
export async function editValue(
  db: VaultDB,
  path: string,
  isPlainText: boolean,
  invocation: Invocation,
): Promise<boolean> {
  const before = await db.get(path, { signal: invocation.signal })
  if (isPlainText && before !== null && typeof before !== 'string')
    throw usageError('The document is not a plain text: leave --text away.')
  const shown =
    typeof before === 'string' && isPlainText ? before : before === null ? '' : `${JSON.stringify(before, null, 2)}\n`
  const text = await editText(shown, isPlainText ? 'value.txt' : 'value.json', invocation, (edited) =>
    parseValue(edited, isPlainText),
  )
  if (text === shown) return false
  const value = parseValue(text, isPlainText)
  const expected = JSON.stringify(before)
  const changeIfSame = (document: unknown): unknown => {
    if (JSON.stringify(document) === expected) return value
    throw new CommandError(
      EXIT.retry,
      'Somebody else changed the document meanwhile; nothing was stored. Edit it again.',
    )
  }
  await db.update(path, changeIfSame, { signal: invocation.signal })
  return true
}

/**
 * A text as the user leaves it, in a file of mode 0600 in a directory of its own (0700) that is removed whatever happens. A text
 * that `check` refuses is shown again, until the user leaves it as it is.
 */
async function editText(
  text: string,
  fileName: string,
  { terminal, signal }: Invocation,
  check: (text: string) => unknown,
): Promise<string> {
  const command = terminal.env.VISUAL || terminal.env.EDITOR
  if (!command) throw usageError('--edit needs an editor: set EDITOR (or VISUAL) to its command.')
  const directory = await mkdtemp(join(terminal.temporaryDirectory, 'vaultdb-'))
  try {
    const file = join(directory, fileName)
    await writeFile(file, text, { mode: 0o600, flag: 'wx' })
    for (let last = text; ; ) {
      await terminal.edit(command, file, signal)
      const edited = await readFile(file, 'utf8')
      if (edited === text) return text
      try {
        check(edited)
        return edited
      } catch (error) {
        if (edited === last || !terminal.canAsk || !(error instanceof CommandError)) throw error
        await terminal.stderr.write(`${error.message} The editor opens again; leave it without a change to give up.\n`)
      }
      last = edited
    }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
