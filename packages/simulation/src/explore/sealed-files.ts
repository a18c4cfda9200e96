import { createCipheriv, createDecipheriv, createHash, createHmac } from 'node:crypto'

/**
 * A second reader of the file format, made from docs/format.md and Node's own cryptography alone: what judges the engine
 * must not share its mistakes.
 */

/** An item as it stands in a shard: `[name, seq]` is a marker, `[name, seq, document]` a document. */
export type RawItem = readonly [name: string, seq: number, document?: unknown]

/** The body of a shard file. */
export interface RawShard {
  readonly seq: number
  readonly lo: string
  readonly hi: string | null
  readonly next: string | null
  readonly log: readonly (readonly unknown[])[]
  readonly ids: string
  readonly items: readonly (readonly [directory: string, items: readonly RawItem[]])[]
}

/** The body of a root file, as far as it is looked at here. */
export interface RawConfig {
  readonly seq: number
  readonly pending: boolean
  readonly routingKey: string
  readonly keys: readonly (readonly [id: string, key: string])[]
  readonly map: readonly (readonly [lo: string, shard: string])[]
  readonly shardBytes: number
}

/** What the root file gives away to whoever holds the key. */
export interface RawRoot {
  readonly vault: string
  readonly header: Uint8Array
  /** What the slots hold. */
  readonly rootSecret: Uint8Array
  readonly rootKey: Uint8Array
  readonly config: RawConfig
}

/** What something is sealed as. */
export type Label = 'shard' | 'root' | 'slot'

const SALT_BYTES = 32
const COMMITMENT_BYTES = 32
const TAG_BYTES = 16
const FRAME_BYTES = 9
const NONCE = new Uint8Array(12)

/** What every use of a key is bound to, so that none stands in for another. */
export function label(name: string): Uint8Array {
  return Buffer.from(`vaultdb/1 ${name}\0`, 'ascii')
}

const hash = (data: Uint8Array): Buffer => createHash('sha256').update(data).digest()
const base64Url = (text: string): Buffer => Buffer.from(text, 'base64url')

/** HKDF-SHA-256 (RFC 5869). */
export function hkdf(key: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  const secret = createHmac('sha256', salt).update(key).digest()
  const blocks: Buffer[] = []
  for (let counter = 1; blocks.length * secret.length < length; counter++) {
    const block = createHmac('sha256', secret).update(blocks.at(-1) ?? '')
    blocks.push(block.update(info).update(Uint8Array.of(counter)).digest())
  }
  return Buffer.concat(blocks).subarray(0, length)
}

function fileKey(key: Uint8Array, salt: Uint8Array, use: Label, header: Uint8Array): [Uint8Array, Uint8Array] {
  const output = hkdf(key, salt, Buffer.concat([label(use), hash(header)]), 64)
  return [output.subarray(0, 32), output.subarray(32)]
}

/** Opens what follows `header`; throws where it does not authenticate. */
export function unseal(key: Uint8Array, use: Label, header: Uint8Array, sealed: Uint8Array): Buffer {
  const salt = sealed.subarray(0, SALT_BYTES)
  const clearEnd = SALT_BYTES + COMMITMENT_BYTES
  const [aesKey, commitment] = fileKey(key, salt, use, header)
  if (!commitment.every((byte, at) => byte === sealed[SALT_BYTES + at])) throw new Error('Sealed under another key.')
  const decipher = createDecipheriv('aes-256-gcm', aesKey, NONCE)
  decipher.setAAD(Buffer.concat([header, sealed.subarray(0, clearEnd)]))
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES))
  const ciphertext = sealed.subarray(clearEnd, sealed.length - TAG_BYTES)
  return Buffer.concat([decipher.update(ciphertext), decipher.final()])
}

/** Seals `body` behind `header` with a salt made from the content alone: for files of a simulation, never for real ones. */
export function seal(key: Uint8Array, use: Label, header: Uint8Array, body: Uint8Array): Uint8Array {
  const salt = createHmac('sha256', key).update(header).update(body).digest()
  const [aesKey, commitment] = fileKey(key, salt, use, header)
  const cipher = createCipheriv('aes-256-gcm', aesKey, NONCE)
  const clear = Buffer.concat([header, salt, commitment])
  cipher.setAAD(clear)
  return new Uint8Array(Buffer.concat([clear, cipher.update(body), cipher.final(), cipher.getAuthTag()]))
}

function splitHeader(data: Uint8Array): [header: Uint8Array, rest: Uint8Array] {
  const end = data.indexOf(0x0a) + 1
  if (end === 0) throw new Error('There is no header.')
  return [data.subarray(0, end), data.subarray(end)]
}

/** The JSON in a body that is stored without compression. */
function unframe(body: Buffer): unknown {
  if (body[0] !== 0) throw new Error('Only stored bodies are read here.')
  return JSON.parse(body.toString('utf8', FRAME_BYTES, FRAME_BYTES + body.readUInt32BE(5)))
}

function frame(value: unknown): Buffer {
  const json = Buffer.from(JSON.stringify(value), 'utf8')
  const head = Buffer.alloc(FRAME_BYTES)
  head.writeUInt32BE(json.length, 1)
  head.writeUInt32BE(json.length, 5)
  return Buffer.concat([head, json])
}

/** Opens a root file with the raw key of one of its slots. */
export function readRoot(data: Uint8Array, secret: Uint8Array): RawRoot {
  const [header, rest] = splitHeader(data)
  const { vault, key, slots } = JSON.parse(Buffer.from(header).toString('utf8')) as {
    vault: string
    key: string
    slots: { id: string; kind: string; wrap: string }[]
  }
  const slot = slots.find(({ kind }) => kind === 'key')
  if (slot === undefined) throw new Error('No slot takes a raw key.')
  const common = `{"format":"vaultdb","version":1,"role":"slot","vault":"${vault}","file":"vault","key":"${key}"`
  const slotHeader = Buffer.from(`${common},"slot":{"id":"${slot.id}","kind":"key"}}\n`)
  const kek = hkdf(secret, new Uint8Array(0), Buffer.concat([label('kek'), Buffer.from('key')]), 32)
  const rootSecret = unseal(kek, 'slot', slotHeader, base64Url(slot.wrap))
  const rootKey = hkdf(rootSecret, new Uint8Array(0), label('root'), 32)
  const config = unframe(unseal(rootKey, 'root', header, rest)) as RawConfig
  return { vault, header, rootSecret, rootKey, config }
}

/** The same root file with another configuration. */
export function writeRoot({ header, rootKey }: RawRoot, config: RawConfig): Uint8Array {
  return seal(rootKey, 'root', header, frame(config))
}

/** The header of the file of shard `id`, sealed under shard key `keyId`. */
export function shardHeader(root: RawRoot, id: string, keyId: string): Buffer {
  const { vault } = root
  return Buffer.from(
    `{"format":"vaultdb","version":1,"role":"shard","vault":"${vault}","file":"${id}","key":"${keyId}"}\n`,
  )
}

/** Opens the file of shard `id`; throws if it is not exactly that. */
export function readShard(root: RawRoot, id: string, data: Uint8Array): RawShard {
  const [header, rest] = splitHeader(data)
  for (const [keyId, key] of root.config.keys) {
    if (shardHeader(root, id, keyId).equals(header))
      return unframe(unseal(base64Url(key), 'shard', header, rest)) as RawShard
  }
  throw new Error(`The header is not that of shard ${id}.`)
}

/** The file of shard `id`. */
export function writeShard(root: RawRoot, id: string, shard: RawShard): Uint8Array {
  const newest = root.config.keys.at(-1)
  if (newest === undefined) throw new Error('There is no shard key.')
  const { seq, lo, hi, next, log, ids, items } = shard
  const body = frame({ seq, lo, hi, next, log, ids, items })
  return seal(base64Url(newest[1]), 'shard', shardHeader(root, id, newest[0]), body)
}

/** The key under which an item of `directory` lies: 32 hexadecimal digits. */
export function routingKey(key: Uint8Array, directory: string, name: string): string {
  const half = (use: string, text: string): string =>
    createHmac('sha256', key).update(label(use)).update(text, 'utf8').digest('hex').slice(0, 16)
  return (directory === '/' ? '0'.repeat(16) : half('dir', directory)) + half('item', directory + name)
}
