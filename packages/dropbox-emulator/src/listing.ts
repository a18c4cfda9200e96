import type { Account, Metadata } from './account.ts'
import { endpointError } from './answers.ts'
import { flag, integer, optional, struct, text } from './arguments.ts'
import type { Call } from './call.ts'
import type { Position } from './cursors.ts'
import { assertPath, folded, ROOT_PATH_PATTERN } from './paths.ts'

/** Entries of one answer where the client does not say; Dropbox's own number is not documented. */
const DEFAULT_LIMIT = 500
const MAX_LIMIT = 2000

const listFolderArgument = struct({
  path: text(ROOT_PATH_PATTERN),
  recursive: optional(flag, false),
  include_media_info: optional(flag, false),
  include_deleted: optional(flag, false),
  include_has_explicit_shared_members: optional(flag, false),
  include_mounted_folders: optional(flag, true),
  limit: optional(integer(1, MAX_LIMIT), null),
  include_non_downloadable_files: optional(flag, true),
})

const cursorArgument = struct({ cursor: text('(.|[\\r\\n])*', 1) })

interface ListFolderResult {
  readonly entries: readonly Metadata[]
  readonly cursor: string
  readonly has_more: boolean
}

/** Whether the listing of a folder tells of this path. */
function covers({ folder, recursive }: Position, { path_lower: path }: Metadata): boolean {
  if (!path.startsWith(`${folder}/`)) return path === folder && recursive
  return recursive || !path.slice(folder.length + 1).includes('/')
}

/** What the client at `position` has not seen yet, oldest first. */
export function unseen(account: Account, position: Position): { readonly metadata: Metadata; readonly step: number }[] {
  return account.changesSince(position.step).filter(({ metadata, step }) => {
    if (!covers(position, metadata)) return false
    return metadata['.tag'] !== 'deleted' || position.includeDeleted || step > position.snapshotStep
  })
}

function nextPage({ account, cursors }: Call, position: Position): ListFolderResult {
  const rest = unseen(account, position)
  const page = rest.slice(0, position.limit)
  const hasMore = rest.length > page.length
  const step = hasMore ? (page.at(-1)?.step ?? position.step) : account.step
  return {
    entries: page.map(({ metadata }) => metadata),
    cursor: cursors.make({ ...position, step }),
    has_more: hasMore,
  }
}

function begin(call: Call, argument: ReturnType<typeof listFolderArgument>): Position {
  const { path } = argument
  if (path === '/') throw call.malformed('path: Specify the root folder as an empty string rather than as "/".')
  if (path !== '') {
    assertPath(path, (error) => ({ '.tag': 'path', path: error }))
    const found = call.account.at(path)
    const problem = found === undefined ? 'not_found' : 'not_folder'
    if (found?.['.tag'] !== 'folder') throw endpointError({ '.tag': 'path', path: { '.tag': problem } })
  }
  return {
    account: call.accountName,
    folder: folded(path),
    recursive: argument.recursive,
    includeDeleted: argument.include_deleted,
    limit: Math.min(argument.limit ?? DEFAULT_LIMIT, call.maxPageEntries),
    step: 0,
    snapshotStep: call.account.step,
  }
}

export function listFolder(call: Call): ListFolderResult {
  return nextPage(call, begin(call, call.read(listFolderArgument)))
}

export function listFolderContinue(call: Call): ListFolderResult {
  const { cursor } = call.read(cursorArgument)
  return nextPage(call, call.cursors.find(call.route, cursor, call.accountName))
}

export function latestCursor(call: Call): { readonly cursor: string } {
  const position = begin(call, call.read(listFolderArgument))
  return { cursor: call.cursors.make({ ...position, step: call.account.step }) }
}
