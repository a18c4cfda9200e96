import type { BlobStore } from '@vaultdb/core'
import { createFileStore } from '@vaultdb/fs'
import { usageError } from '../exit-codes.ts'
import type { Terminal } from '../terminal.ts'
import { LOCATION_EXAMPLES, type Location, parseLocation } from './location.ts'

/** A location and the words to name it by. */
export interface NamedLocation {
  readonly text: string
  readonly location: Location
}

/** The place that `--store` or `VAULTDB_STORE` names. */
export function locationOf(option: string | undefined, terminal: Terminal): NamedLocation {
  const text = option ?? terminal.env.VAULTDB_STORE
  if (!text) throw usageError(`Which vault? Say --store ${LOCATION_EXAMPLES}, or set VAULTDB_STORE.`)
  return { text, location: parseLocation(text, terminal.directory) }
}

/** A store and the words to name it by. */
export interface NamedStore {
  readonly text: string
  readonly store: BlobStore
}

/** The store that `--store` or `VAULTDB_STORE` names, with the credentials that it needs. */
export async function openLocation(
  option: string | undefined,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<NamedStore> {
  const { text, location } = locationOf(option, terminal)
  return { text, store: await openStore(location, terminal, signal) }
}

/** Stores over a network are loaded when they are used: a command on a folder shall not wait for them. */
async function openStore(location: Location, terminal: Terminal, signal: AbortSignal): Promise<BlobStore> {
  switch (location.kind) {
    case 'file':
      return createFileStore(location.folder)
    case 'dropbox': {
      const { openDropbox } = await import('./dropbox.ts')
      return openDropbox(location, terminal)
    }
    case 'remotestorage': {
      const { openRemoteStorage } = await import('./remotestorage.ts')
      return openRemoteStorage(location, terminal, signal)
    }
    case 's3': {
      const { openS3 } = await import('./s3.ts')
      return openS3(location, terminal)
    }
  }
}
