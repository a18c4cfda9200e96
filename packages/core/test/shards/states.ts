import { toBase64Url } from '../../src/bytes.ts'
import { FIRST_KEY } from '../../src/crypto/router.ts'
import { StoredDocument } from '../../src/format/document.ts'
import type { Item, ShardState } from '../../src/format/model.ts'
import { appendToLog, emptyLog } from '../../src/format/sequence-log.ts'
import type { LoadedShard } from '../../src/shards/cache.ts'
import type { ItemChange } from '../../src/shards/change.ts'
import { bytesFrom } from '../format/deterministic.ts'

/** The change that puts a document in its place; `null` puts a marker there, `undefined` takes out what is there. */
export function changeOf(path: string, value: unknown): ItemChange {
  const cut = path.lastIndexOf('/', path.length - 2) + 1
  const document = value === null || value === undefined ? value : StoredDocument.fromValue(value, 1_000_000)
  return { directory: path.slice(0, cut), name: path.slice(cut), document }
}

/** A shard's state with these documents (`null`: a marker), each of the given `seq`. */
export function stateOf(items: Readonly<Record<string, unknown>>, more: Partial<ShardState> = {}): ShardState {
  const directories = new Map<string, Map<string, Item>>()
  const seq = more.seq ?? 1
  for (const [path, value] of Object.entries(items)) {
    const { directory, name, document } = changeOf(path, value)
    if (document === undefined) continue
    const there = directories.get(directory) ?? new Map<string, Item>()
    directories.set(directory, there.set(name, { name, seq, document }))
  }
  const entry = {
    seq,
    writeId: toBase64Url(bytesFrom(seq, 8)),
    base: toBase64Url(bytesFrom(0, 8)),
    removed: [],
    timeMs: 0,
  }
  return { seq, lo: FIRST_KEY, hi: null, next: null, log: appendToLog(emptyLog, entry), directories, ...more }
}

/** The items of a state by path. */
export function itemsIn(state: ShardState): Map<string, unknown> {
  const found = new Map<string, unknown>()
  for (const [directory, items] of state.directories) {
    for (const [name, { document }] of items) found.set(directory + name, document?.toValue() ?? null)
  }
  return found
}

/** A shard as it was loaded, in the state of write number `seq`. */
export function loaded(seq: number, more: Partial<LoadedShard> = {}): LoadedShard {
  return { id: '0', state: stateOf({}, { seq }), version: `v${seq}`, hash: new Uint8Array(32).fill(seq), ...more }
}
