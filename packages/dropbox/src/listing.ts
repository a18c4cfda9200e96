import { type ListedBlob, VaultError } from '@vaultdb/core'
import type { Dropbox, DropboxRequestOptions, DropboxResponse, files } from 'dropbox'
import { refusalOf } from './failures.ts'
import type { KeyPaths } from './keys.ts'

const PAGE_ENTRIES = 2000
/** More pages than a vault can fill: Dropbox does not end the listing. */
const MAX_PAGES = 1000

/**
 * The files whose keys begin with `prefix`. Pages are collected before any is passed on: a file that is changed meanwhile comes
 * again in a later one, and a deleted one is taken back there.
 */
export async function listedFiles(
  client: Dropbox,
  paths: KeyPaths,
  prefix: string,
  options: DropboxRequestOptions,
): Promise<Iterable<ListedBlob>> {
  const found = new Map<string, ListedBlob>()
  const folder = paths.folderOf(prefix)
  let page = await firstPage(client, folder, options)
  for (let pages = 1; page !== null; pages++) {
    for (const entry of page.result.entries) {
      const key = paths.keyOf(entry.path_lower)
      if (key === null) continue
      if (entry['.tag'] === 'deleted') removeBelow(key, found)
      if (entry['.tag'] !== 'file') found.delete(key)
      else if (key.startsWith(prefix)) found.set(key, { key, version: entry.rev, size: entry.size })
    }
    if (!page.result.has_more) break
    if (pages === MAX_PAGES) throw new VaultError('ERR_UNSUPPORTED', 'There are too many files: choose another folder.')
    page = await client.filesListFolderContinue({ cursor: page.result.cursor }, options)
  }
  return found.values()
}

/** Of a deleted folder Dropbox need not tell of each file that was in it. */
function removeBelow(folder: string, found: Map<string, ListedBlob>): void {
  for (const key of found.keys()) if (key.startsWith(`${folder}/`)) found.delete(key)
}

/** `null` for a folder that is not there: the first file in it makes it. */
async function firstPage(
  client: Dropbox,
  folder: string,
  options: DropboxRequestOptions,
): Promise<DropboxResponse<files.ListFolderResult> | null> {
  try {
    return await client.filesListFolder({ path: folder, recursive: true, limit: PAGE_ENTRIES }, options)
  } catch (error) {
    const { tags = [] } = refusalOf(error) ?? {}
    // A file of that name has nothing below it.
    if (tags.join('/') === 'path/not_found' || tags.join('/') === 'path/not_folder') return null
    throw error
  }
}
