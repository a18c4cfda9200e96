import { mkdir, open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { CommandError, EXIT, fileError, systemCode } from '../exit-codes.ts'
import type { Terminal } from '../terminal.ts'
import { writeOutputFile } from '../transfer/output-file.ts'

/** Credentials of one store, as they are kept: names and texts. */
export type SavedEntry = Readonly<Record<string, string>>

/** What `sign-in` keeps, each store under a name of its own. */
export type SavedCredentials = ReadonlyMap<string, SavedEntry>

/** The file that `sign-in` keeps credentials in. */
export function credentialsPath(terminal: Terminal): string {
  return join(terminal.configDirectory, 'vaultdb', 'credentials.json')
}

/** What is kept; nothing where there is no file. Warns where others may read it. */
export async function readCredentials(terminal: Terminal): Promise<SavedCredentials> {
  const path = credentialsPath(terminal)
  let text: string
  let mode: number
  try {
    const file = await open(path)
    try {
      mode = (await file.stat()).mode
      text = await file.readFile('utf8')
    } finally {
      await file.close()
    }
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return new Map()
    throw fileError('read', path, cause)
  }
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    await terminal.stderr.write(`Warning: others may read ${path}; chmod 600 it.\n`)
  }
  return parsed(text) ?? refuse(path)
}

/** Keeps an entry in place of the one of its name; `null` removes it. Resolves to whether there was one. */
export async function saveCredentials(name: string, entry: SavedEntry | null, terminal: Terminal): Promise<boolean> {
  const entries = new Map(await readCredentials(terminal))
  const wasThere = entries.delete(name)
  if (entry !== null) entries.set(name, entry)
  else if (!wasThere) return false
  const path = credentialsPath(terminal)
  await mkdir(dirname(path), { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
    throw fileError('write', path, cause)
  })
  await writeOutputFile(path, textOf(entries), true, terminal)
  return wasThere
}

async function* textOf(entries: SavedCredentials): AsyncIterable<string> {
  yield `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`
}

/** `null` for what is no such file. An error of the parser would quote it. */
function parsed(text: string): SavedCredentials | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  if (!isRecord(value)) return null
  const entries = Object.entries(value).filter((entry): entry is [string, SavedEntry] => isEntry(entry[1]))
  return entries.length === Object.keys(value).length ? new Map(entries) : null
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isEntry(value: unknown): value is SavedEntry {
  return isRecord(value) && Object.values(value).every((each) => typeof each === 'string')
}

function refuse(path: string): never {
  throw new CommandError(EXIT.usage, `${path} is damaged: remove it, and sign in again.`)
}
