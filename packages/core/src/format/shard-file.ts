import { equalBytes, isBase64Url, utf8 } from '../bytes.ts'
import { type CryptoContext, seal, unseal } from '../crypto/seal.ts'
import { frameBody, unframeBody } from './body.ts'
import { decoding, demand, FormatError, UnknownKeyError } from './format-error.ts'
import { checkVersion, headerEnd, KEY_ID_BYTES, parseHeaderObject, shardHeader } from './header.ts'
import { parseJson } from './json.ts'
import { MAX_BODY_DEPTH, MAX_FILE_BYTES, MAX_SHARD_HEADER_BYTES } from './limits.ts'
import type { Compression, ShardKey, ShardState } from './model.ts'
import { DOCUMENT_HOLDER_DEPTH, shardFromJson, shardToJson } from './shard-json.ts'

export { UnknownKeyError } from './format-error.ts'
export { FIRST_SHARD, itemByteLength, itemsByteLength } from './shard-json.ts'

/** What the shard files of one vault are sealed and opened with. */
export interface ShardFileContext {
  readonly crypto: CryptoContext
  /** Vault id, base64url. */
  readonly vault: string
  /** Oldest first; new files are sealed under the last. */
  readonly keys: readonly ShardKey[]
  readonly compression: Compression
}

/** Key of a shard's file in the store, and its name in the witness. */
export function shardFile(id: string): string {
  return `shards/${id}`
}

/** The file of a shard in this state. `ERR_TOO_LARGE` beyond 64 MiB of JSON, `ERR_CORRUPT` for a state that none may have. */
export async function encodeShardFile(
  context: ShardFileContext,
  id: string,
  state: ShardState,
): Promise<Uint8Array<ArrayBuffer>> {
  const { crypto, vault, keys, compression } = context
  const key = keys.at(-1)
  if (key === undefined) throw new RangeError('A vault has at least one shard key.')
  // A state that no file may hold descends from a file that no writer made: its counter is used up.
  const json = await decoding(shardFile(id), () => shardToJson(id, state))
  const body = await frameBody(crypto.runtime, utf8(json), compression)
  return seal(crypto, key.key, 'shard', shardHeader(vault, id, key.id), body)
}

/** The key that the file's header names, if the header is the one expected under that key; else the reason why not. */
function expectHeader(context: ShardFileContext, id: string, header: Uint8Array): ShardKey {
  for (const key of context.keys) {
    if (equalBytes(shardHeader(context.vault, id, key.id), header)) return key
  }
  const members = parseHeaderObject(header)
  checkVersion(shardFile(id), members)
  const { key } = members
  const onlyKeyDiffers = isBase64Url(key, KEY_ID_BYTES) && equalBytes(shardHeader(context.vault, id, key), header)
  if (onlyKeyDiffers) throw new UnknownKeyError(key)
  throw new FormatError('its header is that of another file or of another vault')
}

/**
 * The state of shard `id` from its file. `ERR_CORRUPT` for whatever is not exactly a file that this vault's writers made for
 * this place; `ERR_UNSUPPORTED` for another version; {@link UnknownKeyError} when it is sealed under a key that is not in
 * `context.keys`.
 */
export function decodeShardFile(context: ShardFileContext, id: string, data: Uint8Array): Promise<ShardState> {
  return decoding(shardFile(id), async () => {
    const { crypto } = context
    demand(data.length <= MAX_FILE_BYTES, `it is longer than ${MAX_FILE_BYTES} bytes`)
    const header = data.subarray(0, headerEnd(data, MAX_SHARD_HEADER_BYTES))
    const { key } = expectHeader(context, id, header)
    const body = await unseal(crypto, key, 'shard', header, data.subarray(header.length))
    const json = await unframeBody(crypto.runtime, body)
    return shardFromJson(id, parseJson(json, MAX_BODY_DEPTH, DOCUMENT_HOLDER_DEPTH))
  })
}
