import type { Attack, Moment, Recovery, Result } from '../attack.ts'
import type { Stage, VaultKind } from '../stage.ts'

/** Files taken away, and files in the place of others. */

const GROUP = 'Files in the wrong place'

interface Deed {
  readonly deed: string
  readonly place: string
  readonly moment: Moment
  readonly vault: VaultKind
  readonly expected: readonly Result[]
  readonly recovery?: Recovery
  readonly shown: (stage: Stage) => { readonly key: string; readonly data: Uint8Array | null }
}

function attack({ shown, recovery = 'everybody', ...deed }: Deed): Attack {
  return {
    ...deed,
    name: `${deed.deed}: ${deed.place}, ${deed.moment}, ${deed.vault}`,
    group: GROUP,
    recovery,
    bulk: false,
    *cases(stage) {
      const { key, data } = shown(stage)
      yield { name: key, strike: (world) => world.put(key, data) }
    },
  }
}

const second = (stage: Stage): string => stage.others[0] as string
const third = (stage: Stage): string => stage.others[1] as string

export const PLACES: readonly Attack[] = [
  attack({
    deed: 'deleted',
    place: 'another shard',
    moment: 'opened',
    vault: 'three shards',
    expected: ['ERR_CORRUPT'],
    shown: (stage) => ({ key: second(stage), data: null }),
  }),
  attack({
    deed: "replaced by another shard's",
    place: 'another shard',
    moment: 'opened',
    vault: 'three shards',
    expected: ['ERR_CORRUPT'],
    shown: (stage) => ({ key: second(stage), data: stage.files.get(third(stage)) as Uint8Array }),
  }),
  attack({
    deed: 'replayed from before',
    place: 'another shard',
    moment: 'reopened',
    vault: 'three shards',
    expected: ['ERR_ROLLBACK'],
    shown: (stage) => ({ key: second(stage), data: stage.before.get(second(stage)) as Uint8Array }),
  }),
]
