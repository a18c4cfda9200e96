import type { Router } from '../crypto/router.ts'
import type { Item, ShardState } from '../format/model.ts'
import { narrowLog } from '../format/sequence-log.ts'
import { itemByteLength } from '../format/shard-file.ts'

/** How full a shard is after a split, as a share of the size that splits one: room to grow before the next split. */
const FILL = 0.75

/** How far from an even cut, as a share of a part, a boundary between two directories is still preferred. */
const DIRECTORY_PREFERENCE = 0.25

interface Placed {
  readonly key: string
  readonly directory: string
  readonly item: Item
  readonly bytes: number
}

/** A part of a split shard: the left one keeps the shard's id, each right one gets a new id. */
export interface SplitPart {
  readonly lo: string
  readonly items: readonly Placed[]
}

function place(state: ShardState, router: Router): Placed[] {
  const placed: Placed[] = []
  for (const [directory, items] of state.directories) {
    for (const item of items.values()) {
      placed.push({ key: router.keyOf(directory, item.name), directory, item, bytes: itemByteLength(item) })
    }
  }
  return placed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
}

/** Whether two neighbours may be parted: only where their routing keys differ. */
const parts = (placed: readonly Placed[], at: number): boolean => placed[at - 1]?.key !== placed[at]?.key

/**
 * The index to cut at, closest to `ideal` bytes after `from`; a boundary between directories wins if it is close enough.
 * `null` when no cut is possible.
 */
function cutIndex(placed: readonly Placed[], from: number, ideal: number): number | null {
  let best: number | null = null
  let bestCost = Number.POSITIVE_INFINITY
  let bytes = 0
  for (let at = from + 1; at < placed.length; at++) {
    bytes += (placed[at - 1] as Placed).bytes
    if (!parts(placed, at)) continue
    const sameDirectory = placed[at - 1]?.directory === placed[at]?.directory
    const cost = Math.abs(bytes - ideal) + (sameDirectory ? ideal * DIRECTORY_PREFERENCE : 0)
    if (cost < bestCost) {
      best = at
      bestCost = cost
    }
    if (bytes > ideal * 2) break
  }
  return best
}

/** Cuts a shard's items into parts of about three quarters of `shardBytes`; fewer than two parts when it cannot be cut. */
export function cutShard(state: ShardState, shardBytes: number, router: Router): SplitPart[] {
  const placed = place(state, router)
  const totalBytes = placed.reduce((sum, each) => sum + each.bytes, 0)
  const count = Math.max(2, Math.ceil(totalBytes / (shardBytes * FILL)))
  const result: SplitPart[] = []
  let from = 0
  let left = totalBytes
  for (let remaining = count; remaining > 1; remaining--) {
    const at = cutIndex(placed, from, left / remaining)
    if (at === null) break
    result.push({ lo: result.length === 0 ? state.lo : (placed[from] as Placed).key, items: placed.slice(from, at) })
    for (let index = from; index < at; index++) left -= (placed[index] as Placed).bytes
    from = at
  }
  result.push({ lo: result.length === 0 ? state.lo : (placed[from] as Placed).key, items: placed.slice(from) })
  return result
}

/**
 * The states of a split's parts. All carry the `seq` and the log of the write that splits, so that whoever looks for a write
 * in a part finds it; removals that a part does not own are dropped from its log.
 */
export function splitStates(
  state: ShardState,
  cut: readonly SplitPart[],
  ids: readonly string[],
  router: Router,
): ShardState[] {
  return cut.map((part, index) => {
    const following = cut[index + 1]
    const hi = following === undefined ? state.hi : following.lo
    const owns = (path: string): boolean => {
      const name = path.lastIndexOf('/') + 1
      const key = router.keyOf(path.slice(0, name), path.slice(name))
      return key >= part.lo && (hi === null || key < hi)
    }
    const directories = new Map<string, Map<string, Item>>()
    for (const { directory, item } of part.items) {
      const items = directories.get(directory)
      if (items === undefined) directories.set(directory, new Map([[item.name, item]]))
      else items.set(item.name, item)
    }
    return {
      seq: state.seq,
      lo: part.lo,
      hi,
      next: following === undefined ? state.next : (ids[index] as string),
      log: narrowLog(state.log, owns),
      directories,
    }
  })
}
