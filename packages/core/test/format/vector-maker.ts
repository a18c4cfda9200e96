import { fromHex, toBase64Url, utf8 } from '../../src/bytes.ts'
import { sha256 } from '../../src/crypto/hash.ts'
import { deriveKek, derivePasswordKey, deriveRootKey, encodePassword } from '../../src/crypto/kdf.ts'
import type { KdfParameters } from '../../src/crypto/kdf-bounds.ts'
import { createRouter, FIRST_KEY } from '../../src/crypto/router.ts'
import type { CryptoContext } from '../../src/crypto/seal.ts'
import { StoredDocument } from '../../src/format/document.ts'
import type {
  Compression,
  Item,
  RootConfig,
  RootHeader,
  SequenceLog,
  ShardState,
  Slot,
} from '../../src/format/model.ts'
import { encodeRootFile, wrapSlot } from '../../src/format/root-file.ts'
import { appendToLog, emptyLog } from '../../src/format/sequence-log.ts'
import { encodeShardFile } from '../../src/format/shard-file.ts'
import { bytesFrom, deterministicRuntime } from './deterministic.ts'
import type { VaultFiles, VectorCredentials } from './vector-reader.ts'

/** What is to be in a made vault. */
export interface VaultPlan {
  readonly seed: string
  readonly credentials: readonly VectorCredentials[]
  /** JSON of every document, by path. */
  readonly documents: Readonly<Record<string, string>>
  readonly compression?: Compression
  /** How many shards; those beyond the first two are missing from the map, as after a crash. */
  readonly shards?: number
  /** Writes of each file so far. */
  readonly writes?: number
  readonly pending?: boolean
  /** Slots put before the others. */
  readonly slots?: readonly Slot[]
}

/** A made vault, with what is needed to forge parts of it. */
export interface MadeVault {
  readonly files: VaultFiles
  readonly context: CryptoContext
  readonly header: RootHeader
  readonly rootKey: Uint8Array
  readonly config: RootConfig
  readonly shards: ReadonlyMap<string, ShardState>
}

/** Cheap settings that readers still take, one of each derivation. */
function kdfOf(index: number): KdfParameters {
  const salt = toBase64Url(bytesFrom(0x10 * index, 16))
  if (index % 3 === 0) return { name: 'argon2id', m: 7_168, t: 5, p: 1, salt }
  if (index % 3 === 1) return { name: 'scrypt', N: 8_192, r: 8, p: 10, salt }
  return { name: 'pbkdf2-sha256', c: 600_000, salt }
}

type Ids = Pick<RootHeader, 'vault' | 'key'>

async function makeSlots(context: CryptoContext, ids: Ids, plan: VaultPlan, rootSecret: Uint8Array): Promise<Slot[]> {
  const { runtime } = context
  const slots: Slot[] = [...(plan.slots ?? [])]
  for (const [index, credentials] of plan.credentials.entries()) {
    const id = toBase64Url(runtime.randomBytes(8))
    if ('key' in credentials) {
      const bare = { id, kind: 'key' } as const
      const kek = deriveKek(fromHex(credentials.key), 'key')
      slots.push({ ...bare, wrap: await wrapSlot(context, ids, bare, kek, rootSecret) })
    } else {
      const bare = { id, kind: 'password', kdf: kdfOf(index) } as const
      const secret = await derivePasswordKey(runtime, encodePassword(credentials.password), bare.kdf)
      slots.push({ ...bare, wrap: await wrapSlot(context, ids, bare, deriveKek(secret, 'password'), rootSecret) })
    }
  }
  return slots
}

/** A log of `writes` writes; some removed a document, one too many to name. */
export function makeLog(context: CryptoContext, file: string, writes: number, removes: boolean): SequenceLog {
  let log = emptyLog
  for (let seq = 1; seq <= writes; seq++) {
    const hash = sha256(context.runtime, utf8(`${file} before write ${seq}`))
    const base = seq === 1 ? new Uint8Array(8) : hash.subarray(0, 8)
    const writeId = toBase64Url(context.runtime.randomBytes(8))
    const removed = removes && seq === writes - 1 ? null : removes && seq % 3 === 0 ? [`/gone/${seq}`] : []
    log = appendToLog(log, { seq, writeId, base: toBase64Url(base), removed, timeMs: 1_700_000_000_000 + seq })
  }
  return log
}

interface Placed {
  readonly key: string
  readonly directory: string
  readonly item: Item
}

/** All items of the documents, markers included, in the order of the key space. */
function placeItems(plan: VaultPlan, routingKey: Uint8Array, writes: number): Placed[] {
  const router = createRouter(routingKey)
  const placed = new Map<string, Placed>()
  const place = (directory: string, name: string, document: StoredDocument | null): void => {
    const item = { name, seq: 1 + (placed.size % writes), document }
    placed.set(directory + name, { key: router.keyOf(directory, name), directory, item })
  }
  for (const [path, json] of Object.entries(plan.documents)) {
    const cut = path.lastIndexOf('/') + 1
    place(path.slice(0, cut), path.slice(cut), StoredDocument.fromText(json))
    for (let at = path.slice(0, cut); at !== '/'; ) {
      const parent = at.slice(0, at.lastIndexOf('/', at.length - 2) + 1)
      place(parent, at.slice(parent.length), null)
      at = parent
    }
  }
  return [...placed.values()].sort((a, b) => (a.key < b.key ? -1 : 1))
}

function toDirectories(items: readonly Placed[]): ShardState['directories'] {
  const directories = new Map<string, Map<string, Item>>()
  for (const { directory, item } of items) {
    const held = directories.get(directory) ?? new Map<string, Item>()
    directories.set(directory, held.set(item.name, item))
  }
  return directories
}

function makeShards(context: CryptoContext, plan: VaultPlan, routingKey: Uint8Array): Map<string, ShardState> {
  const { shards: count = 1, writes = 1 } = plan
  const items = placeItems(plan, routingKey, writes)
  const ids = ['0', ...Array.from({ length: count - 1 }, () => toBase64Url(context.runtime.randomBytes(16)))]
  const starts = ids.map((_, index) => Math.floor((index * items.length) / count))
  return new Map(
    ids.map((id, index): [string, ShardState] => {
      const [start, end] = [starts[index] as number, starts[index + 1]]
      const state = {
        seq: writes,
        lo: index === 0 ? FIRST_KEY : (items[start] as Placed).key,
        hi: end === undefined ? null : (items[end] as Placed).key,
        next: ids[index + 1] ?? null,
        log: makeLog(context, id, writes, writes > 1),
        directories: toDirectories(items.slice(start, end)),
      }
      return [id, state]
    }),
  )
}

/** Makes the files of a vault; the same plan gives the same files (but for deflate, which belongs to the platform). */
export async function makeVault(plan: VaultPlan): Promise<MadeVault> {
  const context: CryptoContext = { runtime: deterministicRuntime(plan.seed), allowInsecureContext: false }
  const { runtime } = context
  const { writes = 1, compression = 'none', pending = false } = plan
  const rootSecret = runtime.randomBytes(32)
  const ids = { vault: toBase64Url(runtime.randomBytes(16)), key: toBase64Url(runtime.randomBytes(8)) }
  const header: RootHeader = { ...ids, slots: await makeSlots(context, ids, plan, rootSecret) }
  const routingKey = runtime.randomBytes(32)
  const newKey = () => ({ id: toBase64Url(runtime.randomBytes(8)), key: runtime.randomBytes(32) })
  const keys = writes > 1 ? [newKey(), newKey()] : [newKey()]
  const shards = pending ? new Map<string, ShardState>() : makeShards(context, plan, routingKey)
  const map = [...shards].slice(0, 2).map(([shard, { lo }]) => ({ lo, shard }))
  const config: RootConfig = {
    seq: writes,
    log: makeLog(context, 'vault', writes, false),
    pending,
    routingKey,
    keys,
    map: pending ? [{ lo: FIRST_KEY, shard: '0' }] : map,
    slotNames: header.slots.slice(0, 1).map(({ id }) => [id, 'first "slot" é']),
    critical: [],
    ignorable: [],
    shardBytes: 65_536,
    compression,
    maxDocumentBytes: 1_048_576,
  }
  const rootKey = deriveRootKey(rootSecret)
  const files: Record<string, string> = { vault: toBase64Url(await encodeRootFile(context, header, rootKey, config)) }
  for (const [id, state] of shards) {
    // Shard 0 was last written before the second key was added.
    const shardContext = { crypto: context, vault: ids.vault, keys: id === '0' ? keys.slice(0, 1) : keys, compression }
    files[`shards/${id}`] = toBase64Url(await encodeShardFile(shardContext, id, state))
  }
  return { files, context, header, rootKey, config, shards }
}
