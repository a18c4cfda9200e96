import { FIRST_KEY } from '../crypto/router.ts'
import type { StoredDocument } from '../format/document.ts'
import { type DocumentPath, parentOf } from '../path/path.ts'
import type { Freshness, LoadedShard } from '../shards/cache.ts'
import { holdsDocumentOf, itemOf } from '../shards/change.ts'
import type { ShardManager } from '../shards/manager.ts'
import { READ_WHOLE_UP_TO } from './subtree.ts'

/** What a read is run with. */
export interface ReadContext {
  readonly freshness: Freshness
  readonly signal?: AbortSignal | undefined
  /** Called as shards come in, with how many are there and how many are known to be needed. */
  readonly onLoaded?: ((done: number, total: number) => void) | undefined
}

/** A document that is there without waiting, if the cache is recent enough to answer; else `undefined`. */
export function getAtOnce(
  manager: ShardManager,
  { directory, name }: DocumentPath,
  freshness: Freshness,
): StoredDocument | null | undefined {
  const key = manager.router.keyOf(directory, name)
  const shard = manager.cache.fresh(manager.map.find(key), freshness)
  if (shard === undefined || key < shard.state.lo || (shard.state.hi !== null && key >= shard.state.hi))
    return undefined
  return itemOf(shard.state, directory, name)?.document ?? null
}

/** One document, or `null`. */
export async function getDocument(
  manager: ShardManager,
  { directory, name }: DocumentPath,
  { freshness, signal }: ReadContext,
): Promise<StoredDocument | null> {
  const shard = await manager.locate(manager.router.keyOf(directory, name), freshness, signal)
  return itemOf(shard.state, directory, name)?.document ?? null
}

/**
 * The names in a directory, sorted by code unit. A directory is there while a document in it is, and what is known of the document
 * may be newer than the shard of the directory's marker, where old answers may be used: both are recent enough.
 */
export async function listDirectory(manager: ShardManager, directory: string, context: ReadContext): Promise<string[]> {
  const { first, last } = manager.router.rangeOf(directory)
  const covering = await manager.cover(first, last, context.freshness, context)
  const names = new Set(covering.flatMap(({ state }) => [...(state.directories.get(directory)?.keys() ?? [])]))
  for (const { state } of manager.cache.allFresh(context.freshness)) {
    for (const below of state.directories.keys()) {
      if (below === directory || !below.startsWith(directory)) continue
      const name = below.slice(directory.length, below.indexOf('/', directory.length) + 1)
      if (!names.has(name) && holdsDocumentOf(state, below)) names.add(name)
    }
  }
  return [...names].sort()
}

/** The documents below a directory, in the order of {@link walk}. */
export async function findDocuments(
  manager: ShardManager,
  root: string,
  context: ReadContext,
): Promise<(readonly [path: string, document: StoredDocument])[]> {
  const found: Tree = new Map()
  if (root === '/' || manager.map.size <= READ_WHOLE_UP_TO) {
    for (const { state } of await manager.cover(FIRST_KEY, null, context.freshness, context)) {
      for (const directory of state.directories.keys()) if (directory.startsWith(root)) collect(found, directory, state)
    }
  } else await findByLevels(manager, root, context, found)
  linkUpTo(root, found)
  return [...walk(root, found)]
}

/** The documents of each directory by name; subdirectories, as names ending in `/`, have `null`. */
type Tree = Map<string, Map<string, StoredDocument | null>>

function namesIn(directory: string, found: Tree): Map<string, StoredDocument | null> {
  const names = found.get(directory) ?? new Map<string, StoredDocument | null>()
  found.set(directory, names)
  return names
}

function collect(found: Tree, directory: string, state: LoadedShard['state']): void {
  const names = namesIn(directory, found)
  for (const { name, document } of state.directories.get(directory)?.values() ?? []) names.set(name, document)
}

/** Follows the markers level by level; each level is one round, and the whole vault is read once most of it is wanted. */
async function findByLevels(manager: ShardManager, root: string, context: ReadContext, found: Tree): Promise<void> {
  const { freshness, signal } = context
  for (let level = [root]; level.length > 0; ) {
    const wanted = new Set(
      level.flatMap((directory) => {
        const { first, last } = manager.router.rangeOf(directory)
        return manager.map.between(first, last)
      }),
    )
    const unread = [...wanted].filter((id) => manager.cache.fresh(id, freshness) === undefined)
    if (unread.length > manager.map.size / 2) await manager.cover(FIRST_KEY, null, freshness, context)
    const covering = await Promise.all(
      level.map(async (directory) => {
        const { first, last } = manager.router.rangeOf(directory)
        return [directory, await manager.cover(first, last, freshness, { signal })] as const
      }),
    )
    const below: string[] = []
    for (const [directory, owners] of covering) {
      for (const { state } of owners) collect(found, directory, state)
      for (const name of namesIn(directory, found).keys()) if (name.endsWith('/')) below.push(directory + name)
    }
    level = below
  }
}

/** Makes every directory that was found reachable from `root`: a document is listed because it exists. */
function linkUpTo(root: string, found: Tree): void {
  for (const start of [...found.keys()]) {
    for (let at = start; at !== root; ) {
      const parent = parentOf(at) as string
      const names = namesIn(parent, found)
      const name = at.slice(parent.length)
      if (names.has(name)) break
      names.set(name, null)
      at = parent
    }
  }
}

/** All documents of a tree, sorted within each directory. */
function* walk(directory: string, found: Tree): Generator<readonly [path: string, document: StoredDocument]> {
  const names = namesIn(directory, found)
  for (const name of [...names.keys()].sort()) {
    const document = names.get(name)
    if (document != null) yield [directory + name, document]
    else yield* walk(directory + name, found)
  }
}
