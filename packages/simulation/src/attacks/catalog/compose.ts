import type { Attack, Case, Recovery } from '../attack.ts'
import type { Stage } from '../stage.ts'
import type { World } from '../world.ts'

/** An attack without what most attacks have in common. */
export type Draft = Omit<Attack, 'name' | 'recovery' | 'bulk'> & {
  readonly recovery?: Recovery | undefined
  readonly bulk?: boolean
}

/** Completes an attack: everybody recovers, it is no bulk, and its name says what, where and when. */
export function compose(draft: Draft): Attack {
  const { deed, place, moment, vault, recovery = 'everybody', bulk = false } = draft
  return { ...draft, recovery, bulk, name: `${deed}: ${place}, ${moment}, ${vault}` }
}

/** The files that things are done to, by what they are called in the table. */
export type Place = 'vault' | 'first shard' | 'another shard' | 'orphan'

/** The file's key; of a vault that has an orphan only while a shard is being cut, that one's. */
export function keyAt(stage: Stage, place: Place, world?: World): string {
  if (place === 'vault') return 'vault'
  if (place === 'first shard') return 'shards/0'
  const key = place === 'another shard' ? stage.others[0] : (stage.orphan ?? newest(stage, world))
  if (key === undefined) throw new RangeError(`The vault of ${stage.kind} has no ${place}.`)
  return key
}

function newest(stage: Stage, world: World | undefined): string | undefined {
  return [...(world?.files.keys() ?? [])].find((key) => !stage.files.has(key))
}

/** Something put in the place of one file; `null` takes it away. */
export function putting(name: string, key: string, data: Uint8Array | null): Case {
  return { name, strike: (world) => world.put(key, data) }
}
