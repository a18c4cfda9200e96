import { createHmac } from 'node:crypto'
import { hkdf, label, type RawConfig, type RawRoot, seal, shardHeader, writeRoot } from '../explore/sealed-files.ts'
import { cheapArgon2id } from './attack-runtime.ts'

/** Writes by hand what no client writes: slots of passwords, and files whose parts do not fit each other. */

/** The clear parameters of a key derivation, in the order in which they are written. */
export type RawKdf = Readonly<Record<string, string | number>>

/** A slot as it stands in a root file's header. */
export interface RawSlot {
  readonly id: string
  readonly kind: string
  readonly kdf?: RawKdf
  readonly wrap: string
}

const EMPTY = new Uint8Array(0)
const base64Url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')

/** Where a file's header ends, after its line feed. */
export function headerEnd(file: Uint8Array): number {
  return file.indexOf(0x0a) + 1
}

/** A file with another header. */
export function withHeader(file: Uint8Array, header: string): Uint8Array {
  return new Uint8Array(Buffer.concat([Buffer.from(header, 'utf8'), file.subarray(headerEnd(file))]))
}

export function headerOf(file: Uint8Array): string {
  return Buffer.from(file.subarray(0, headerEnd(file))).toString('utf8')
}

export function slotsOf(file: Uint8Array): RawSlot[] {
  return (JSON.parse(headerOf(file)) as { readonly slots: RawSlot[] }).slots
}

/** The header of a root file with other slots. */
export function headerWithSlots(header: string, slots: readonly RawSlot[]): string {
  return `${JSON.stringify({ ...(JSON.parse(header) as object), slots })}\n`
}

/** A root file whose slots were changed by somebody without a key: what seals it stays as it was. */
export function withSlots(file: Uint8Array, slots: readonly RawSlot[]): Uint8Array {
  return withHeader(file, headerWithSlots(headerOf(file), slots))
}

/** The same root file, sealed anew with other slots. */
export function resealWithSlots(root: RawRoot, slots: readonly RawSlot[], config: RawConfig = root.config): Uint8Array {
  const header = headerWithSlots(Buffer.from(root.header).toString('utf8'), slots)
  return writeRoot({ ...root, header: Buffer.from(header, 'utf8') }, config)
}

/** The cheapest key derivation that is accepted. */
export const CHEAPEST_KDF = { name: 'argon2id', m: 7168, t: 5, p: 1 } as const

/** A slot that a password opens; `seed` makes its id and salt. */
export function passwordSlot({ header, rootSecret }: RawRoot, password: string, seed: number): RawSlot {
  const { vault, key } = JSON.parse(Buffer.from(header).toString('utf8')) as { vault: string; key: string }
  const salt = Buffer.alloc(16, seed)
  const slot = {
    id: base64Url(Buffer.alloc(8, seed)),
    kind: 'password',
    kdf: { ...CHEAPEST_KDF, salt: base64Url(salt) },
  }
  const { m: memoryKiB, t: passes, p: parallelism } = CHEAPEST_KDF
  const input = { password: Buffer.from(password), salt, memoryKiB, passes, parallelism, length: 32 }
  const kek = hkdf(cheapArgon2id(input), EMPTY, Buffer.concat([label('kek'), Buffer.from('password')]), 32)
  const opening = { format: 'vaultdb', version: 1, role: 'slot', vault, file: 'vault', key, slot }
  const covered = Buffer.from(`${JSON.stringify(opening)}\n`)
  return { ...slot, wrap: base64Url(seal(kek, 'slot', covered, rootSecret).subarray(covered.length)) }
}

/** Bytes that mean nothing, the same for the same seed. */
export function noise(seed: string, length: number): Uint8Array {
  const blocks: Uint8Array[] = []
  for (let block = 0; block * 32 < length; block++) {
    blocks.push(createHmac('sha256', seed).update(String(block)).digest())
  }
  return new Uint8Array(Buffer.concat(blocks).subarray(0, length))
}

/** A frame around a body's JSON, each part of which may be a lie. */
export interface RawFrame {
  readonly method?: number
  readonly jsonLength?: number
  readonly storedLength?: number
  readonly stored: Uint8Array
  readonly padding?: Uint8Array
}

export function frameBytes({ method = 0, jsonLength, storedLength, stored, padding = EMPTY }: RawFrame): Uint8Array {
  const head = Buffer.alloc(9)
  head.writeUInt8(method, 0)
  head.writeUInt32BE(jsonLength ?? stored.length, 1)
  head.writeUInt32BE(storedLength ?? stored.length, 5)
  return new Uint8Array(Buffer.concat([head, stored, padding]))
}

/** The file of shard `id` around any body. */
export function sealShardBody(root: RawRoot, id: string, body: Uint8Array): Uint8Array {
  const [keyId, key] = root.config.keys.at(-1) as readonly [string, string]
  return seal(Buffer.from(key, 'base64url'), 'shard', shardHeader(root, id, keyId), body)
}

/** The root file around any body. */
export function sealRootBody({ rootKey, header }: RawRoot, body: Uint8Array): Uint8Array {
  return seal(rootKey, 'root', header, body)
}
