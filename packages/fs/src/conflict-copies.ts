import { VaultError } from '@vaultdb/core'
import { parseContent, parseHead, parseKeyFolder } from './layout.ts'

/**
 * What sync services put into a name when two machines changed one file: Dropbox, Nextcloud and Seafile a remark in
 * parentheses, Google Drive and OneDrive ` (1)`, iCloud ` 2`, Syncthing `.sync-conflict-…`, ownCloud `_conflict-…`, Resilio
 * `.Conflict`. Some put it before what they take for the extension, so it may stand anywhere.
 */
const MARKS = [
  / ?\(.*\)/,
  / \d{1,3}(?=\.|$)/,
  /\.sync-conflict-\d{8}-\d{6}(-[A-Za-z0-9]+)?/,
  /_conflict-\d{8}-\d{6}/,
  /\.Conflict/,
]

/** OneDrive adds the machine's name. Only inside a key's folder, where none of our names has a hyphen. */
const MACHINE_NAME = /-[A-Za-z0-9][A-Za-z0-9-]*/

function isCopy(name: string, marks: readonly RegExp[], isOwn: (name: string) => boolean): boolean {
  return marks.some((mark) => mark.test(name) && isOwn(name.replace(mark, '')))
}

function refuse(folder: string, name: string): never {
  throw new VaultError(
    'ERR_FORK',
    `${folder} holds ${JSON.stringify(name)}, which a sync service made of two histories of this vault. A folder that is ` +
      'copied between machines cannot hold one: use the store made for that service, or a folder that it leaves alone. ' +
      "Keep a copy of the folder, choose one machine's history and remove the other from it.",
  )
}

/** Throws `ERR_FORK` where one of the names, in a key's folder and not of our making, is a sync service's conflict copy. */
export function refuseConflictCopies(folder: string, foreignNames: readonly string[]): void {
  for (const name of foreignNames) {
    const isOwn = (original: string): boolean => parseHead(original) !== null || parseContent(original) !== null
    if (isCopy(name, [...MARKS, MACHINE_NAME], isOwn)) refuse(folder, name)
  }
}

/** The same in a folder above key folders; `segment` is the name of the one that is about to be used. */
export function refuseCopiedFolders(folder: string, names: readonly string[], segment: string): void {
  for (const name of names) {
    if (parseKeyFolder(name) !== null || name === segment) continue
    if (isCopy(name, MARKS, (original) => original === segment || parseKeyFolder(original) !== null))
      refuse(folder, name)
  }
}

/** Two heads that stay: each machine went on from the same version, and a sync service brought both together. */
export function refuseTwoHeads(folder: string, heads: readonly { readonly name: string }[]): never {
  refuse(folder, heads.map(({ name }) => name).join(' beside '))
}
