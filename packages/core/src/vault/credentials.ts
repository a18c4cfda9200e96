import { toBase64Url } from '../bytes.ts'
import {
  assertKdfBounds,
  deriveKek,
  derivePasswordKey,
  encodePassword,
  type KdfOptions,
  newKdfParameters,
} from '../crypto/kdf.ts'
import type { CryptoContext } from '../crypto/seal.ts'
import { VaultError } from '../errors.ts'
import type { KdfParameters, RootHeader, Slot } from '../format/model.ts'
import { unwrapSlot, wrapSlot } from '../format/root-file.ts'

/** What unlocks a vault, checked: a password in its canonical bytes, or a raw key. */
export type Secret =
  | { readonly kind: 'password'; readonly bytes: Uint8Array }
  | { readonly kind: 'key'; readonly bytes: Uint8Array }

/** Bytes of a raw key. */
const RAW_KEY_BYTES = 32

/** Checks what the caller offered. `TypeError` unless it is exactly one of a password and 32 raw bytes. */
export function checkSecret(credentials: { readonly password?: unknown; readonly key?: unknown }): Secret {
  const { password, key } = credentials
  if ((password === undefined) === (key === undefined)) {
    throw new TypeError('Give either a `password` or a `key`.')
  }
  if (key === undefined) return { kind: 'password', bytes: encodePassword(password) }
  if (!(key instanceof Uint8Array) || key.length !== RAW_KEY_BYTES) {
    throw new TypeError(`The key must be a Uint8Array of ${RAW_KEY_BYTES} bytes.`)
  }
  return { kind: 'key', bytes: new Uint8Array(key) } // not `slice`: that of Node's Buffer shares the memory
}

type SlotHeader = Pick<RootHeader, 'vault' | 'key'>

/** A new slot that unlocks `rootSecret` with `secret`. */
export async function createSlot(
  context: CryptoContext,
  header: SlotHeader,
  secret: Secret,
  rootSecret: Uint8Array,
  kdf?: KdfOptions,
): Promise<Slot> {
  const id = toBase64Url(context.runtime.randomBytes(8))
  if (secret.kind === 'key') {
    const slot = { id, kind: 'key' } as const
    const kek = deriveKek(secret.bytes, 'key')
    return { ...slot, wrap: await wrapSlot(context, header, slot, kek, rootSecret) }
  }
  const slot = { id, kind: 'password', kdf: newKdfParameters(context.runtime, kdf) } as const
  const kek = deriveKek(await derivePasswordKey(context.runtime, secret.bytes, slot.kdf), 'password')
  return { ...slot, wrap: await wrapSlot(context, header, slot, kek, rootSecret) }
}

/** Tries the slots of the offered kind in turn. Resolves to the slot and what it held; `ERR_CREDENTIALS` if none opens. */
export async function unlock(
  context: CryptoContext,
  header: RootHeader,
  secret: Secret,
): Promise<{ readonly slot: Slot; readonly rootSecret: Uint8Array }> {
  const slots = header.slots.filter((slot) => slot.kind === secret.kind)
  assertKdfBounds(slots.flatMap((slot): KdfParameters[] => (slot.kind === 'password' ? [slot.kdf] : [])))
  for (const slot of slots) {
    const bytes =
      slot.kind === 'password' ? await derivePasswordKey(context.runtime, secret.bytes, slot.kdf) : secret.bytes
    const rootSecret = await unwrapSlot(context, header, slot, deriveKek(bytes, secret.kind))
    if (rootSecret !== null) return { slot, rootSecret }
  }
  const message =
    slots.length > 0
      ? `The ${secret.kind} does not open this vault.`
      : `This vault has no ${secret.kind} slot: open it with its ${secret.kind === 'key' ? 'password' : 'key'}.`
  throw new VaultError('ERR_CREDENTIALS', message)
}
