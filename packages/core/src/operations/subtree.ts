import { FIRST_KEY } from '../crypto/router.ts'
import type { LoadedShard } from '../shards/cache.ts'
import { NeedShards, type View } from './view.ts'

/** Vaults of up to this many shards are read whole where a subtree needs some of them: one round instead of one a level. */
export const READ_WHOLE_UP_TO = 16

/** What lies below a directory. */
export interface Subtree {
  /** The directory and all below it that have a marker, those near the root first. */
  readonly directories: readonly string[]
  /** Ids of all shards that own items of these directories. */
  readonly shards: ReadonlySet<string>
  /** Paths of the documents. */
  readonly paths: readonly string[]
}

/** Collects what lies below `root`, level by level along the markers. */
export function subtreeOf(root: string, view: View): Subtree {
  const directories: string[] = []
  const shards = new Set<string>()
  const paths: string[] = []
  for (let level = [root]; level.length > 0; ) {
    const below: string[] = []
    const covering = coverAll(level, view)
    for (const [directory, owners] of covering) {
      directories.push(directory)
      for (const { id, state } of owners) {
        shards.add(id)
        for (const item of state.directories.get(directory)?.values() ?? []) {
          if (item.document === null) below.push(directory + item.name)
          else paths.push(directory + item.name)
        }
      }
    }
    level = below
  }
  return { directories, shards, paths }
}

/** The owners of several directories' items. */
function coverAll(directories: readonly string[], view: View): (readonly [directory: string, owners: LoadedShard[]])[] {
  try {
    return view.each(directories, (directory) => [directory, view.directory(directory)] as const)
  } catch (error) {
    if (!(error instanceof NeedShards)) throw error
    const { map } = view.manager
    if (map.size > READ_WHOLE_UP_TO && error.ids.length < map.size / 2) throw error
    throw new NeedShards([...error.ids, ...map.between(FIRST_KEY, null).filter((id) => !view.knows(id))])
  }
}
