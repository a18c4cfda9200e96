import { equalBytes, isBase64Url, utf8 } from '../bytes.ts'
import type { KdfParameters } from '../crypto/kdf-bounds.ts'
import { corruptFile, demand, FormatError, unsupportedFile } from './format-error.ts'
import { isMembers, type Members, parseJson } from './json.ts'
import { FORMAT_VERSION, MAX_FILE_BYTES, MAX_ROOT_HEADER_BYTES, MAX_SLOTS } from './limits.ts'
import { isCount } from './log-json.ts'
import type { RootHeader, Slot, SlotWithoutWrap } from './model.ts'

/** The root file's name in the store, and what its header calls it. */
export const ROOT_FILE = 'vault'

const VAULT_ID_BYTES = 16
/** Ids of keys, shard keys and root keys alike. */
export const KEY_ID_BYTES = 8
const SLOT_ID_BYTES = 8
const KDF_SALT_BYTES = 16
/** Salt, commitment, the 32-byte root secret and its tag. */
const WRAP_BYTES = 112

const NEWLINE = 0x0a

const NO_HEADER = 'it does not begin with a header of this format'

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

function kdfJson(kdf: KdfParameters): string {
  const cost = {
    argon2id: ['m', 't', 'p'],
    scrypt: ['N', 'r', 'p'],
    'pbkdf2-sha256': ['c'],
  }[kdf.name]
  return JSON.stringify(kdf, ['name', ...cost, 'salt'])
}

function slotMembers(slot: SlotWithoutWrap): string {
  const kdf = slot.kind === 'password' ? `,"kdf":${kdfJson(slot.kdf)}` : ''
  return `"id":"${slot.id}","kind":"${slot.kind}"${kdf}`
}

function slotJson(slot: Slot): string {
  return slot.kind === 'unknown' ? slot.json : `{${slotMembers(slot)},"wrap":"${slot.wrap}"}`
}

/** The parameters, `null` where the derivation is one that this version does not know. */
function toKdf(value: unknown): KdfParameters | null {
  demand(isMembers(value) && typeof value.name === 'string', 'a key derivation in its header is malformed')
  const { name, salt } = value
  const costs = (...names: readonly string[]): number[] =>
    names.map((cost) => {
      const number = value[cost]
      demand(isCount(number, 1), 'a key derivation in its header is malformed')
      return number
    })
  const checkedSalt = (): string => {
    demand(isBase64Url(salt, KDF_SALT_BYTES), 'the salt of a key derivation in its header is malformed')
    return salt
  }
  switch (name) {
    case 'argon2id': {
      const [m, t, p] = costs('m', 't', 'p') as [number, number, number]
      return { name, m, t, p, salt: checkedSalt() }
    }
    case 'scrypt': {
      const [N, r, p] = costs('N', 'r', 'p') as [number, number, number]
      return { name, N, r, p, salt: checkedSalt() }
    }
    case 'pbkdf2-sha256': {
      const [c] = costs('c') as [number]
      return { name, c, salt: checkedSalt() }
    }
    default:
      return null
  }
}

function toSlot(value: unknown): Slot {
  demand(isMembers(value) && typeof value.kind === 'string', 'a slot in its header is malformed')
  const { id, kind, wrap } = value
  demand(isBase64Url(id, SLOT_ID_BYTES), 'the id of a slot in its header is malformed')
  const kdf = kind === 'password' ? toKdf(value.kdf) : null
  if (kind !== 'key' && kdf === null) return { id, kind: 'unknown', json: JSON.stringify(value) }
  demand(isBase64Url(wrap, WRAP_BYTES), 'the wrapped key of a slot in its header is malformed')
  return kdf === null ? { id, kind: 'key', wrap } : { id, kind: 'password', kdf, wrap }
}

/** Slots, a slot and its key derivation make four; a little more for kinds to come. */
const MAX_HEADER_DEPTH = 8

/** The header's JSON as an object, whatever it holds. `bytes` ends with the newline, or is empty. */
export function parseHeaderObject(bytes: Uint8Array): Members {
  const value = headerJson(bytes.subarray(0, -1))
  demand(isMembers(value) && value.format === 'vaultdb', NO_HEADER)
  return value
}

function headerJson(bytes: Uint8Array): unknown {
  try {
    return parseJson(bytes, MAX_HEADER_DEPTH).value
  } catch (error) {
    // Most likely it is a file of another kind, and the details of why it is no JSON would mislead.
    throw error instanceof FormatError ? new FormatError(NO_HEADER) : error
  }
}

/** Throws `ERR_UNSUPPORTED` if the header is of a version that is not known here. */
export function checkVersion(file: string, members: Members): void {
  const { version } = members
  demand(isCount(version, 1), 'the version in its header is malformed')
  if (version !== FORMAT_VERSION) throw unsupportedFile(file, `it has format version ${version}`)
}

function toRootHeader(headerBytes: Uint8Array): RootHeader {
  const members = parseHeaderObject(headerBytes)
  checkVersion(ROOT_FILE, members)
  const { vault, key, slots } = members
  demand(isBase64Url(vault, VAULT_ID_BYTES) && isBase64Url(key, KEY_ID_BYTES), 'an id in its header is malformed')
  demand(Array.isArray(slots) && slots.length > 0 && slots.length <= MAX_SLOTS, `it must have 1 to ${MAX_SLOTS} slots`)
  const header: RootHeader = { vault, key, slots: slots.map(toSlot) }
  demand(new Set(header.slots.map((slot) => slot.id)).size === slots.length, 'two slots in its header have one id')
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
    if (error instanceof FormatError) throw corruptFile(ROOT_FILE, error.message, error)
    throw error
  }
}
