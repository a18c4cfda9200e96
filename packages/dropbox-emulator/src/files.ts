import type { Account, FileMetadata, Metadata } from './account.ts'
import { endpointError, type Tagged } from './answers.ts'
import { flag, nothing, optional, struct, text, union } from './arguments.ts'
import type { Call } from './call.ts'
import { contentHash } from './content-hash.ts'
import { ancestorsOf, assertAllowedName, assertPath, MIN_REV_LENGTH, PATH_PATTERN, REV_PATTERN } from './paths.ts'

const rev = text(REV_PATTERN, MIN_REV_LENGTH)
const UPLOAD_SESSION_ID_BYTES = 12

const uploadArgument = struct({
  path: text(PATH_PATTERN),
  mode: optional(union({ add: nothing, overwrite: nothing, update: rev }), { tag: 'add', value: undefined } as const),
  autorename: optional(flag, false),
  client_modified: optional(text('\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ'), undefined),
  mute: optional(flag, false),
  strict_conflict: optional(flag, false),
  content_hash: optional(text('[0-9a-f]{64}', 64), undefined),
})

type UploadArgument = ReturnType<typeof uploadArgument>

const writeFailed =
  (call: Call) =>
  (reason: Tagged): Tagged => ({
    '.tag': 'path',
    reason,
    upload_session_id: Buffer.from(call.runtime.randomBytes(UPLOAD_SESSION_ID_BYTES)).toString('base64url'),
  })
const lookupFailed = (path: Tagged): Tagged => ({ '.tag': 'path', path })
const conflict = (kind: string): Tagged => ({ '.tag': 'conflict', conflict: { '.tag': kind } })

/** What keeps a file from being put at the path, if anything does; `'same'` if what shall be put there is there already. */
function obstacle(
  account: Account,
  argument: UploadArgument,
  data: Uint8Array,
): 'file' | 'folder' | 'file_ancestor' | 'same' | null {
  const { path, mode, strict_conflict: strict } = argument
  if (ancestorsOf(path).some((folder) => account.at(folder)?.['.tag'] === 'file')) return 'file_ancestor'
  const existing = account.at(path)
  // Without `strict_conflict`, what does not exist (any more) is written in every mode.
  if (existing === undefined) return strict && mode.tag === 'update' ? 'file' : null
  if (existing['.tag'] === 'folder') return 'folder'
  // Without `strict_conflict`, equal content is never a conflict, and nothing is written.
  if (!strict && existing.content_hash === contentHash(data)) return 'same'
  if (mode.tag === 'overwrite') return null
  return mode.tag === 'update' && mode.value === existing.rev ? null : 'file'
}

/** The first free name that Dropbox makes for a file that finds another one in its place. */
function renamed(account: Account, { path, mode }: UploadArgument): string {
  const dot = path.lastIndexOf('.')
  const cut = dot > path.lastIndexOf('/') + 1 ? dot : path.length
  for (let count = mode.tag === 'update' ? 1 : 2; ; count++) {
    const plain = mode.tag === 'update' ? ' (conflicted copy)' : ` (${count})`
    const suffix = mode.tag === 'update' && count > 1 ? ` (conflicted copy ${count})` : plain
    const candidate = path.slice(0, cut) + suffix + path.slice(cut)
    if (account.at(candidate) === undefined) return candidate
  }
}

export function upload(call: Call): FileMetadata {
  const argument = call.read(uploadArgument)
  const { account, body: data } = call
  const fail = writeFailed(call)
  assertPath(argument.path, (error) => fail(error))
  assertAllowedName(argument.path, (error) => fail(error))
  if (data.length > call.maxUploadBytes) throw endpointError({ '.tag': 'payload_too_large' })
  if (argument.content_hash !== undefined && argument.content_hash !== contentHash(data)) {
    throw endpointError({ '.tag': 'content_hash_mismatch' })
  }
  let { path } = argument
  const found = obstacle(account, argument, data)
  if (found === 'same') return account.at(path) as FileMetadata
  if (found !== null) {
    if (!argument.autorename || found === 'file_ancestor') throw endpointError(fail(conflict(found)))
    path = renamed(account, argument)
  }
  const existing = account.at(path)
  const replacedBytes = existing?.['.tag'] === 'file' ? existing.size : 0
  if (account.usedBytes - replacedBytes + data.length > call.quotaBytes) {
    throw endpointError(fail({ '.tag': 'insufficient_space' }))
  }
  return account.put(path, data, argument.client_modified)
}

const readArgument = struct({ path: text(PATH_PATTERN), rev: optional(rev, undefined) })

/** The file and its content. */
export function download(call: Call): { readonly metadata: FileMetadata; readonly data: Uint8Array } {
  const { path } = call.read(readArgument)
  assertPath(path, lookupFailed)
  const metadata = call.account.at(path)
  if (metadata === undefined) throw endpointError(lookupFailed({ '.tag': 'not_found' }))
  if (metadata['.tag'] === 'folder') throw endpointError(lookupFailed({ '.tag': 'not_file' }))
  return { metadata, data: call.account.contentOf(path) }
}

const metadataArgument = struct({
  path: text(PATH_PATTERN),
  include_media_info: optional(flag, false),
  include_deleted: optional(flag, false),
  include_has_explicit_shared_members: optional(flag, false),
})

export function getMetadata(call: Call): Metadata {
  const { path, include_deleted: includeDeleted } = call.read(metadataArgument)
  if (path === '/') throw call.malformed('path: The root folder is unsupported.')
  assertPath(path, lookupFailed)
  const metadata = includeDeleted ? call.account.everAt(path) : call.account.at(path)
  if (metadata === undefined) throw endpointError(lookupFailed({ '.tag': 'not_found' }))
  return metadata
}

const deleteArgument = struct({ path: text(PATH_PATTERN), parent_rev: optional(rev, undefined) })

export function deleteV2(call: Call): { readonly metadata: Metadata } {
  const { path, parent_rev: parentRev } = call.read(deleteArgument)
  const lookup = (error: Tagged): Tagged => ({ '.tag': 'path_lookup', path_lookup: error })
  const write = (error: Tagged): Tagged => ({ '.tag': 'path_write', path_write: error })
  assertPath(path, lookup)
  const metadata = call.account.at(path)
  if (metadata === undefined) throw endpointError(lookup({ '.tag': 'not_found' }))
  if (parentRev !== undefined) {
    if (metadata['.tag'] === 'folder') throw endpointError(write(conflict('folder')))
    if (metadata.rev !== parentRev) throw endpointError(write(conflict('file')))
  }
  call.account.remove(path)
  return { metadata }
}
