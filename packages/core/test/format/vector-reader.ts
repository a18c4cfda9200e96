import { fromBase64Url, toBase64Url, toHex } from '../../src/bytes.ts'
import { sha256 } from '../../src/crypto/hash.ts'
import { assertKdfBounds, deriveKek, derivePasswordKey, deriveRootKey, encodePassword } from '../../src/crypto/kdf.ts'
import type { CryptoContext } from '../../src/crypto/seal.ts'
import { VaultError } from '../../src/errors.ts'
import { parseRootHeader } from '../../src/format/header.ts'
import type { RootConfig, RootHeader, SequenceLog, ShardState } from '../../src/format/model.ts'
import { decodeRootFile, unwrapSlot } from '../../src/format/root-file.ts'
import { entryOf } from '../../src/format/sequence-log.ts'
import { decodeShardFile, UnknownKeyError } from '../../src/format/shard-file.ts'
import { createRuntime } from '../../src/runtime.ts'

/** A vault's files, base64url, by name. */
export type VaultFiles = Readonly<Record<string, string>>

/** What opens a vault: a password, or 32 bytes as hexadecimal digits. */
export type VectorCredentials = { readonly password: string } | { readonly key: string }

/** One file as it was read. */
interface Sighting {
  readonly seq: number
  readonly hash: string
  readonly log: SequenceLog
}

/** A vault as a reader without a memory finds it. */
export interface VaultContent {
  readonly pending: boolean
  /** JSON of every document, by path. */
  readonly documents: Readonly<Record<string, string>>
  /** Markers, as paths that end in `/`. */
  readonly markers: readonly string[]
  readonly seen: Readonly<Record<string, Sighting>>
}

const context: CryptoContext = { runtime: createRuntime(), allowInsecureContext: false }

function corrupt(message: string): VaultError {
  return new VaultError('ERR_CORRUPT', message)
}

function fileOf(files: VaultFiles, name: string): Uint8Array {
  const text = files[name]
  if (text === undefined) throw corrupt(`${name} is missing`)
  return fromBase64Url(text)
}

async function unlock(header: RootHeader, credentials: VectorCredentials): Promise<Uint8Array> {
  const kind = 'key' in credentials ? 'key' : 'password'
  const slots = header.slots.filter((slot) => slot.kind === kind)
  assertKdfBounds(slots.flatMap((slot) => (slot.kind === 'password' ? [slot.kdf] : [])))
  for (const slot of slots) {
    const secret =
      'password' in credentials && slot.kind === 'password'
        ? await derivePasswordKey(context.runtime, encodePassword(credentials.password), slot.kdf)
        : Buffer.from('key' in credentials ? credentials.key : '', 'hex')
    const rootSecret = await unwrapSlot(context, header, slot, deriveKek(secret, kind))
    if (rootSecret !== null) return deriveRootKey(rootSecret)
  }
  throw new VaultError('ERR_CREDENTIALS', 'No slot opens.')
}

async function readShards(
  files: VaultFiles,
  header: RootHeader,
  config: RootConfig,
): Promise<ReadonlyMap<string, ShardState>> {
  const shards = new Map<string, ShardState>()
  const wanted = config.map.map(({ shard }) => shard)
  for (let id = wanted.shift(); id !== undefined; id = wanted.shift()) {
    if (shards.has(id)) continue
    const shardContext = { crypto: context, vault: header.vault, keys: config.keys, compression: config.compression }
    try {
      const state = await decodeShardFile(shardContext, id, fileOf(files, `shards/${id}`))
      shards.set(id, state)
      if (state.next !== null) wanted.push(state.next)
    } catch (error) {
      // The configuration is the newest there is, so the key will not turn up.
      throw error instanceof UnknownKeyError ? corrupt(error.message) : error
    }
  }
  return shards
}

/** Reads a whole vault with the format layer alone, as docs/format.md says. */
export async function readVault(files: VaultFiles, credentials: VectorCredentials): Promise<VaultContent> {
  const data = fileOf(files, 'vault')
  const { header: untrusted } = parseRootHeader(data)
  const { header, config } = await decodeRootFile(context, data, await unlock(untrusted, credentials))
  const sighting = (name: string, { seq, log }: { seq: number; log: SequenceLog }): [string, Sighting] => {
    return [name, { seq, log, hash: toHex(sha256(context.runtime, fileOf(files, name))) }]
  }
  const isEmpty = config.pending && files['shards/0'] === undefined
  const shards = isEmpty ? new Map<string, ShardState>() : await readShards(files, header, config)
  const documents: Record<string, string> = {}
  const markers: string[] = []
  for (const { directories } of shards.values()) {
    for (const [directory, items] of directories) {
      for (const { name, document } of items.values()) {
        if (document === null) markers.push(directory + name)
        else documents[directory + name] = document.text
      }
    }
  }
  const seen = Object.fromEntries([
    sighting('vault', config),
    ...[...shards].map(([id, state]) => sighting(`shards/${id}`, state)),
  ])
  return { pending: config.pending, documents, markers: markers.sort(), seen }
}

/** What a reader that remembers `before` makes of `after`: `'opened'`, `'ERR_ROLLBACK'` or `'ERR_FORK'`. */
export function compareWithMemory(before: VaultContent, after: VaultContent): string {
  for (const [name, old] of Object.entries(before.seen)) {
    const now = after.seen[name]
    if (now === undefined || now.seq < old.seq) return 'ERR_ROLLBACK'
    if (now.seq === old.seq && now.hash !== old.hash) return 'ERR_FORK'
    const next = entryOf(now.log, old.seq + 1)
    if (next !== undefined && next.base !== toBase64Url(Buffer.from(old.hash.slice(0, 16), 'hex'))) return 'ERR_FORK'
  }
  return 'opened'
}
