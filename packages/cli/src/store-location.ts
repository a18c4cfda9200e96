import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BlobStore } from '@vaultdb/core'
import { createFileStore } from '@vaultdb/fs'
import { usageError } from './exit-codes.ts'
import type { Terminal } from './terminal.ts'

/** What the part of a location before the colon stands for. */
interface Scheme {
  /** For messages and the help. */
  readonly example: string
  open(rest: string, directory: string): BlobStore
}

/** Every kind of store that `--store` can name. */
const SCHEMES: ReadonlyMap<string, Scheme> = new Map([['file', { example: 'file:./vault', open: openFolder }]])

function openFolder(rest: string, directory: string): BlobStore {
  const folder = rest.startsWith('//') ? folderOfUrl(rest) : rest
  if (folder === '' || folder.includes('\0')) throw usageError('--store file: needs a folder, like file:./vault.')
  return createFileStore(resolve(directory, folder))
}

/** `file:///srv/vault` is a URL (RFC 8089) and percent-decoded; `file:./my vault` is taken as it stands. */
function folderOfUrl(rest: string): string {
  try {
    return fileURLToPath(`file:${rest}`)
  } catch (cause) {
    throw usageError('--store is not a file URL of this machine. Write file:./vault or file:///full/path.', cause)
  }
}

/** A store and the words to name it by. */
export interface StoreLocation {
  readonly text: string
  readonly store: BlobStore
}

/** The store that `--store` or `VAULTDB_STORE` names. */
export function openLocation(option: string | undefined, terminal: Terminal): StoreLocation {
  const text = option ?? terminal.env.VAULTDB_STORE
  const examples = [...SCHEMES.values()].map(({ example }) => example).join(', ')
  if (!text) throw usageError(`Which vault? Say --store ${examples}, or set VAULTDB_STORE.`)
  const colon = text.indexOf(':')
  const scheme = SCHEMES.get(text.slice(0, colon))
  if (colon === -1 || scheme === undefined) {
    throw usageError(`--store begins with the kind of store and a colon: ${examples}.`)
  }
  return { text, store: scheme.open(text.slice(colon + 1), terminal.directory) }
}
