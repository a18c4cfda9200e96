import type { VaultError } from '../errors.ts'
import { corruptFile } from '../format/format-error.ts'
import { shardFile } from '../format/shard-file.ts'
import type { LoadedShard } from './cache.ts'

/**
 * What is wrong with coming to `shard`, by the map as the owner of `key`, or as right neighbour of `before`; `null` where
 * nothing is. A shard's beginning never moves, and a neighbour begins where the shard that names it ends: in every state that writers
 * leave, old states of single files included. So each step of a walk goes to the right, and the walk ends.
 */
export function chainFault(shard: LoadedShard, key: string, before: LoadedShard | undefined): VaultError | null {
  const { lo } = shard.state
  if (before === undefined ? lo <= key : lo === before.state.hi) return null
  return corruptFile(shardFile(shard.id), 'it does not begin where the map or its left neighbour says')
}
