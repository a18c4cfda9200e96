import { fromBase64Url, toBase64Url, utf8 } from '../bytes.ts'
import { type CryptoContext, SealError, seal, unseal } from '../crypto/seal.ts'
import { VaultError } from '../errors.ts'
import { frameBody, unframeBody } from './body.ts'
import { decoding, demand } from './format-error.ts'
import { parseRootHeader, ROOT_FILE, rootHeader, slotHeader } from './header.ts'
import { parseJson } from './json.ts'
import { MAX_BODY_DEPTH, MAX_ROOT_HEADER_BYTES, MAX_SLOTS } from './limits.ts'
import type { RootConfig, RootHeader, Slot, SlotWithoutWrap } from './model.ts'
import { configFromJson, configToJson } from './root-json.ts'

const ROOT_SECRET_BYTES = 32

/** The root file. `ERR_TOO_LARGE` when its header would exceed 32 KiB, `ERR_CORRUPT` for a state that none may have. */
export async function encodeRootFile(
  context: CryptoContext,
  header: RootHeader,
  rootKey: Uint8Array,
  config: RootConfig,
): Promise<Uint8Array<ArrayBuffer>> {
  if (header.slots.length < 1 || header.slots.length > MAX_SLOTS) {
    throw new RangeError(`A vault has 1 to ${MAX_SLOTS} key slots.`)
  }
  const headerBytes = rootHeader(header)
  if (headerBytes.length > MAX_ROOT_HEADER_BYTES) {
    throw new VaultError('ERR_TOO_LARGE', 'The key slots are too long. Remove one first.')
  }
  const json = await decoding(ROOT_FILE, () => configToJson(config))
  const body = await frameBody(context.runtime, utf8(json), config.compression)
  return seal(context, rootKey, 'root', headerBytes, body)
}

/** Header and configuration of a root file, both authenticated. `ERR_CORRUPT`, `ERR_UNSUPPORTED`. */
export function decodeRootFile(
  context: CryptoContext,
  data: Uint8Array,
  rootKey: Uint8Array,
): Promise<{ header: RootHeader; config: RootConfig }> {
  return decoding(ROOT_FILE, async () => {
    const { header, headerBytes } = parseRootHeader(data)
    const body = await unseal(context, rootKey, 'root', headerBytes, data.subarray(headerBytes.length))
    const json = await unframeBody(context.runtime, body)
    return { header, config: configFromJson(parseJson(json, MAX_BODY_DEPTH)) }
  })
}

/** Seals the root secret for one slot: the slot's `wrap`. */
export async function wrapSlot(
  context: CryptoContext,
  header: Pick<RootHeader, 'vault' | 'key'>,
  slotWithoutWrap: SlotWithoutWrap,
  kek: Uint8Array,
  rootSecret: Uint8Array,
): Promise<string> {
  const covered = slotHeader(header, slotWithoutWrap)
  const sealed = await seal(context, kek, 'slot', covered, rootSecret)
  return toBase64Url(sealed.subarray(covered.length))
}

/**
 * The root secret in a slot; `null` when it was sealed under another key (wrong password or key, or a slot moved or altered),
 * and for a slot of an unknown kind. `ERR_CORRUPT` when it is damaged behind that.
 */
export function unwrapSlot(
  context: CryptoContext,
  header: Pick<RootHeader, 'vault' | 'key'>,
  slot: Slot,
  kek: Uint8Array,
): Promise<Uint8Array | null> {
  return decoding(ROOT_FILE, async () => {
    if (slot.kind === 'unknown') return null
    try {
      const secret = await unseal(context, kek, 'slot', slotHeader(header, slot), fromBase64Url(slot.wrap))
      demand(secret.length === ROOT_SECRET_BYTES, 'a slot in it is malformed')
      return secret
    } catch (error) {
      if (error instanceof SealError && error.reason === 'commitment') return null
      throw error
    }
  })
}
