import type { StoredDocument } from '../format/document.ts'
import type { DirectoryItems, Item, LogEntry, ShardState } from '../format/model.ts'
import { appendToLog } from '../format/sequence-log.ts'

/** One item put into a shard or, with `document` undefined, taken out of it. A `null` document is a marker. */
export interface ItemChange {
  readonly directory: string
  readonly name: string
  readonly document: StoredDocument | null | undefined
}

/** Whether a shard holds anything of `directory`. */
export function holdsDirectory(state: ShardState, directory: string): boolean {
  return state.directories.has(directory)
}

/** Whether a shard holds a document (a marker does not count) of `directory`. */
export function holdsDocumentOf(state: ShardState, directory: string): boolean {
  for (const item of state.directories.get(directory)?.values() ?? []) if (item.document !== null) return true
  return false
}

/** The item, or `undefined`. */
export function itemOf(state: ShardState, directory: string, name: string): Item | undefined {
  return state.directories.get(directory)?.get(name)
}

/** Document paths that `changes` take out of the shard, for its log. */
export function removedPaths(state: ShardState, changes: readonly ItemChange[]): string[] {
  return changes
    .filter(({ directory, name, document }) => document === undefined && itemOf(state, directory, name)?.document)
    .map(({ directory, name }) => directory + name)
}

/** The next state of a shard: a new snapshot that shares what did not change. */
export function changeShard(base: ShardState, changes: readonly ItemChange[], entry: LogEntry): ShardState {
  const directories = new Map(base.directories)
  const copied = new Map<string, Map<string, Item>>()
  for (const { directory, name, document } of changes) {
    let items = copied.get(directory)
    if (items === undefined) {
      items = new Map(directories.get(directory))
      copied.set(directory, items)
    }
    if (document === undefined) items.delete(name)
    else items.set(name, { name, seq: entry.seq, document })
  }
  for (const [directory, items] of copied) {
    if (items.size === 0) directories.delete(directory)
    else directories.set(directory, items satisfies DirectoryItems)
  }
  return { ...base, seq: entry.seq, log: appendToLog(base.log, entry), directories }
}
