import { equalBytes, utf8 } from '../bytes.ts'
import { KDFS, type KdfParameters } from '../crypto/kdf-bounds.ts'
import { corruption, demand, unsupportedFile } from './format-error.ts'
import { isMembers, type Members, parseJson } from './json.ts'
import { FORMAT_VERSION, MAX_FILE_BYTES, MAX_ROOT_HEADER_BYTES, MAX_SLOTS } from './limits.ts'
import type { RootHeader, Slot, SlotWithoutWrap } from './model.ts'
import { base64, count, demandMembers } from './shape.ts'

/** The root file's name in the store, and what its header calls it. */
export const ROOT_FILE = 'vault'

const VAULT_ID_BYTES = 16
/** Ids of slots and of keys, shard keys and root keys alike. */
export const KEY_ID_BYTES = 8
const KDF_SALT_BYTES = 16
/** Salt, commitment, the 32-byte root secret and its tag. */
const WRAP_BYTES = 112

const NEWLINE = 0x0a

const MALFORMED_SLOT = 'a slot in its header is malformed'
const isNumber = count(1)
const isId = base64(KEY_ID_BYTES)
const isSalt = base64(KDF_SALT_BYTES)
const isWrap = base64(WRAP_BYTES)

/** The beginning that all headers share, without the closing brace. */
function opening(role: 'shard' | 'root' | 'slot', vault: string, file: string, key: string): string {
  const format = `"format":"vaultdb","version":${FORMAT_VERSION}`
  return `{${format},"role":"${role}","vault":"${vault}","file":"${file}","key":"${key}"`
}

/** The header that the shard file `file` of this vault has when it is sealed under the shard key `keyId`. */
export function shardHeader(vault: string, file: string, keyId: string): Uint8Array<ArrayBuffer> {
  return utf8(`${opening('shard', vault, file, keyId)}}\n`)
}

/** The header of the root file. */
export function rootHeader(header: RootHeader): Uint8Array<ArrayBuffer> {
  const slots = header.slots.map(slotJson).join(',')
  return utf8(`${opening('root', header.vault, ROOT_FILE, header.key)},"slots":[${slots}]}\n`)
}

/** What the seal around a slot's root secret covers: the slot itself, and which vault and root key it belongs to. */
export function slotHeader(
  header: Pick<RootHeader, 'vault' | 'key'>,
  slotWithoutWrap: SlotWithoutWrap,
): Uint8Array<ArrayBuffer> {
  return utf8(`${opening('slot', header.vault, ROOT_FILE, header.key)},"slot":{${slotMembers(slotWithoutWrap)}}}\n`)
}

/** Where the header of a file ends (after its newline), or 0 if that is not within the first `maxBytes`. */
export function headerEnd(data: Uint8Array, maxBytes: number): number {
  return data.subarray(0, maxBytes).indexOf(NEWLINE) + 1
}

/** Names of the members of a key derivation, in their order; `null` where it is one that this version does not know. */
function kdfMembers(name: unknown): string[] | null {
  const kdf = KDFS.get(name)
  return kdf === undefined ? null : ['name', ...Object.keys(kdf.numbers), 'salt']
}

function slotMembers(slot: SlotWithoutWrap): string {
  const kdf = slot.kind === 'password' ? `,"kdf":${JSON.stringify(slot.kdf, kdfMembers(slot.kdf.name))}` : ''
  return `"id":"${slot.id}","kind":"${slot.kind}"${kdf}`
}

function slotJson(slot: Slot): string {
  return slot.kind === 'unknown' ? slot.json : `{${slotMembers(slot)},"wrap":"${slot.wrap}"}`
}

/** Whether a key derivation is one that this version knows. */
function isKnownKdf(kdf: unknown): kdf is KdfParameters {
  demand(isMembers(kdf) && typeof kdf.name === 'string', MALFORMED_SLOT)
  const numbers = kdfMembers(kdf.name)?.slice(1, -1)
  if (numbers === undefined) return false
  demand(numbers.every((name) => isNumber(kdf[name])) && isSalt(kdf.salt), MALFORMED_SLOT)
  return true
}

/** The slot, with whatever more there is in it: that shows when it is written again. */
function toSlot(value: unknown): Slot {
  demand(isMembers(value) && typeof value.kind === 'string' && isId(value.id), MALFORMED_SLOT)
  const { id, kind, kdf, wrap } = value
  const isPassword = kind === 'password' && isKnownKdf(kdf)
  if (kind !== 'key' && !isPassword) return { id, kind: 'unknown', json: JSON.stringify(value) }
  demand(isWrap(wrap), MALFORMED_SLOT)
  return isPassword ? { id, kind, kdf, wrap } : { id, kind: 'key', wrap }
}

/** Slots, a slot and its key derivation make four; a little more for kinds to come. */
const MAX_HEADER_DEPTH = 8

/** The header's JSON as an object, whatever it holds. `bytes` ends with the newline, or is empty. */
export function parseHeaderObject(bytes: Uint8Array): Members {
  let value: unknown
  try {
    value = parseJson(bytes.subarray(0, -1), MAX_HEADER_DEPTH).value
  } catch {
    // Most likely it is a file of another kind, and the details of why it is no JSON would mislead.
  }
  demand(isMembers(value) && value.format === 'vaultdb', 'it does not begin with a header of this format')
  return value
}

/** Throws `ERR_UNSUPPORTED` if the header is of a version that is not known here. */
export function checkVersion(file: string, members: Members): void {
  const { version } = members
  demand(isNumber(version), 'the version in its header is malformed')
  if (version !== FORMAT_VERSION) throw unsupportedFile(file, `it has format version ${version}`)
}

function toRootHeader(headerBytes: Uint8Array): RootHeader {
  const members = parseHeaderObject(headerBytes)
  checkVersion(ROOT_FILE, members)
  const { vault, key, slots } = demandMembers(members, {
    vault: base64(VAULT_ID_BYTES),
    key: isId,
    slots: Array.isArray,
  })
  const header: RootHeader = { vault, key, slots: slots.map(toSlot) }
  const ids = new Set(header.slots.map(({ id }) => id))
  demand(ids.size === slots.length && ids.size >= 1 && ids.size <= MAX_SLOTS, `it must have 1 to ${MAX_SLOTS} slots`)
  // One spelling only: order of members, spaces, numbers and text must be what this code would write.
  demand(equalBytes(rootHeader(header), headerBytes), 'its header is not spelled as the format demands')
  return header
}

/**
 * The header of a root file, and its exact bytes. Not authenticated until the root file is opened with a key from one of its
 * slots. `ERR_CORRUPT`; `ERR_UNSUPPORTED` for another version. A slot of an unknown kind is kept as it is.
 */
export function parseRootHeader(data: Uint8Array): { readonly header: RootHeader; readonly headerBytes: Uint8Array } {
  try {
    demand(data.length <= MAX_FILE_BYTES, `it is longer than ${MAX_FILE_BYTES} bytes`)
    const headerBytes = data.subarray(0, headerEnd(data, MAX_ROOT_HEADER_BYTES))
    return { header: toRootHeader(headerBytes), headerBytes }
  } catch (error) {
    throw corruption(ROOT_FILE, error)
  }
}
