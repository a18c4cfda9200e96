import type { VaultDB } from '../database/database.ts'
import { internalsOf } from '../database/internals.ts'
import { checkOperationOptions } from '../database/options.ts'
import type { LongOperationOptions } from '../database/types.ts'
import type { Compression } from '../format/model.ts'
import { itemsByteLength } from '../format/shard-file.ts'
import type { BlobStore } from '../store/contract.ts'
import { storeOf } from './store.ts'
import { survey } from './survey.ts'

/** Options of {@link stats}. */
export interface StatsOptions extends LongOperationOptions {}

/** One way to unlock the vault. */
export interface SlotStats {
  readonly id: string
  readonly kind: string
  /** Name of the key derivation function; absent for raw keys. */
  readonly kdf?: string
}

/** Size and make of a vault. Holds no path and no secret. */
export interface VaultStats {
  /** Public id, as it stands in every file. */
  readonly vault: string
  readonly documents: number
  /** Directories that hold something, `/` included. */
  readonly directories: number
  readonly shards: number
  /** Shards that could not be read; they are missing from all other numbers. */
  readonly unreadableShards: number
  /** Documents, names and paths as JSON. Bytes. */
  readonly jsonBytes: number
  /** The largest document, as JSON. Bytes. */
  readonly largestDocumentBytes: number
  /** Files of the vault in the store. Bytes; `null` where its listings do not tell. */
  readonly storedBytes: number | null
  /** Writes to all files since the vault was created, as far as their counters tell. */
  readonly writes: number
  readonly shardBytes: number
  readonly maxDocumentBytes: number
  readonly compression: Compression
  readonly slots: readonly SlotStats[]
}

/** Reads the whole vault and measures it. Rejects as reads do; damaged shards are counted, not thrown. */
export async function stats(db: VaultDB, options: StatsOptions = {}): Promise<VaultStats> {
  checkOperationOptions(options, ['signal', 'onProgress'], 'stats()')
  const { engine, inFlight } = internalsOf(db)
  return await inFlight.begin(async () => {
    const { signal, onProgress } = options
    const { shards, unreadable } = await survey(engine, {
      signal,
      onLoaded: (done, total) => onProgress?.({ phase: 'read', done, total }),
    })
    const directories = new Set<string>()
    let [documents, jsonBytes, largestDocumentBytes] = [0, 0, 0]
    let writes = engine.root.config.seq
    for (const { state } of shards.values()) {
      writes += state.seq
      jsonBytes += itemsByteLength(state)
      for (const [directory, items] of state.directories) {
        directories.add(directory)
        for (const { document } of items.values()) {
          if (document === null) continue
          documents++
          largestDocumentBytes = Math.max(largestDocumentBytes, document.byteLength)
        }
      }
    }
    const { header, config } = engine.root
    const { shardBytes, maxDocumentBytes, compression } = config
    return {
      vault: header.vault,
      documents,
      directories: directories.size,
      shards: shards.size,
      unreadableShards: unreadable.size,
      jsonBytes,
      largestDocumentBytes,
      storedBytes: await storedBytes(storeOf(engine), signal),
      writes,
      shardBytes,
      maxDocumentBytes,
      compression,
      slots: header.slots.map(slotStats),
    }
  })
}

function slotStats(slot: {
  readonly id: string
  readonly kind: string
  readonly kdf?: { readonly name: string }
}): SlotStats {
  const { id, kind, kdf } = slot
  return kdf === undefined ? { id, kind } : { id, kind, kdf: kdf.name }
}

async function storedBytes(store: BlobStore, signal: AbortSignal | undefined): Promise<number | null> {
  let total = 0
  for await (const { key, size } of store.list('', { signal })) {
    if (key !== 'vault' && !key.startsWith('shards/')) continue
    if (size === undefined) return null
    total += size
  }
  return total
}
