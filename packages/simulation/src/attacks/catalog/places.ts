import type { Attack, Case, Moment, Result } from '../attack.ts'
import { headerEnd, noise } from '../forge.ts'
import type { Stage, VaultKind } from '../stage.ts'
import { compose, keyAt, type Place } from './compose.ts'

/** Files taken away, spoiled, and in the place of others. */

const GROUP = 'Files taken away, spoiled or moved'

/** The name of a file that no vault has. */
const STRANGER = `shards/${Buffer.alloc(16, 33).toString('base64url')}`

type Kind = 'spoiled' | 'gone' | 'foreign' | 'copied' | 'renamed'

/** One way to replace a file: `make` gets the file, and gives what is put in its place; `null` takes it away. */
interface Variant {
  readonly name: string
  readonly make: (file: Uint8Array) => Uint8Array | null
}

interface Deed {
  readonly deed: string
  readonly kind: Kind
  readonly variants: (stage: Stage, place: Place) => readonly Variant[]
}

const SOMETHING_ELSE: readonly Variant[] = [
  { name: 'nothing', make: () => new Uint8Array(0) },
  { name: 'zeros', make: (file) => new Uint8Array(file.length || 4096) },
  { name: 'noise', make: (file) => noise('replaced', file.length || 4096) },
  { name: 'a line feed', make: () => new Uint8Array([0x0a]) },
  { name: 'JSON', make: () => new TextEncoder().encode('{"format":"vaultdb"}\n') },
]

const PARTS: readonly Variant[] = [
  { name: 'half of it', make: (file) => file.slice(0, file.length >> 1) },
  { name: 'its header', make: (file) => file.slice(0, headerEnd(file)) },
  {
    name: 'its header and noise',
    make: (file) => new Uint8Array([...file.slice(0, headerEnd(file)), ...noise('x', 4096)]),
  },
  { name: 'all of it twice', make: (file) => new Uint8Array([...file, ...file]) },
]

function filesAs(files: Iterable<readonly [string, Uint8Array]>, place: Place): Variant[] {
  const wanted = [...files].filter(([key]) => (key === 'vault') === (place === 'vault'))
  return wanted.map(([name, data]) => ({ name, make: () => data }))
}

const DEEDS: readonly Deed[] = [
  { deed: 'deleted', kind: 'gone', variants: () => [{ name: 'gone', make: () => null }] },
  { deed: 'replaced by something else', kind: 'spoiled', variants: () => SOMETHING_ELSE },
  { deed: 'replaced by parts of itself', kind: 'spoiled', variants: () => PARTS },
  {
    deed: 'replaced by each other file of the vault',
    kind: 'spoiled',
    variants: (stage, place) =>
      [...stage.files]
        .filter(([key]) => place === 'orphan' || key !== keyAt(stage, place))
        .filter(([key]) => key !== stage.orphan || place !== 'orphan')
        .map(([name, data]) => ({ name, make: () => data })),
  },
  {
    deed: "replaced by another vault's, of the same secret",
    kind: 'foreign',
    variants: (stage, place) => filesAs(stage.foreign, place),
  },
  { deed: 'copied to another name', kind: 'copied', variants: () => [{ name: 'copy', make: (file) => file }] },
  { deed: 'renamed', kind: 'renamed', variants: () => [{ name: 'gone', make: () => null }] },
]

function* casesOf({ kind, variants }: Deed, stage: Stage, place: Place): Generator<Case> {
  for (const { name, make } of variants(stage, place)) {
    yield {
      name,
      strike: (world) => {
        const key = keyAt(stage, place, world)
        const file = world.files.get(key) ?? new Uint8Array(0)
        if (kind === 'copied' || kind === 'renamed') world.put(STRANGER, file)
        if (kind !== 'copied') world.put(key, make(file))
      },
    }
  }
}

function expectation(kind: Kind, place: Place, moment: Moment): Result {
  if (moment === 'splitting' && place === 'orphan') return kind === 'copied' ? 'listed by check' : 'ERR_CORRUPT'
  if (place === 'orphan') return kind === 'gone' ? 'unharmed' : 'listed by check'
  if (kind === 'copied') return 'listed by check'
  if (place === 'vault') return expectationOfRoot(kind, moment)
  // The write met a conflict, and what lies there now does not say whether an earlier sending of it was applied.
  const isWritten = moment === 'updating' || moment === 'splitting'
  return isWritten ? 'ERR_OUTCOME_UNKNOWN' : 'ERR_CORRUPT'
}

function expectationOfRoot(kind: Kind, moment: Moment): Result {
  if (moment === 'creating') return 'ERR_OUTCOME_UNKNOWN'
  const isGone = kind === 'gone' || kind === 'renamed'
  if (isGone && moment === 'opening') return 'ERR_MISSING'
  if ((isGone || kind === 'foreign') && moment === 'reopened') return 'ERR_ROLLBACK'
  return 'ERR_CORRUPT'
}

const VAULTS: readonly VaultKind[] = ['one shard', 'three shards', 'three passwords', 'compressed']

/** Where files are, by vault and moment. */
function* situations(): Generator<{ vault: VaultKind; moment: Moment; places: readonly Place[] }> {
  for (const moment of ['opening', 'opened', 'updating', 'reopened'] as const) {
    yield { vault: 'one shard', moment, places: ['vault', 'first shard'] }
    for (const vault of VAULTS.slice(1)) {
      const places: Place[] = ['vault', 'first shard', 'another shard']
      yield { vault, moment, places: vault === 'three shards' ? [...places, 'orphan'] : places }
    }
  }
  yield { vault: 'one shard', moment: 'splitting', places: ['vault', 'first shard', 'orphan'] }
  yield { vault: 'nothing', moment: 'creating', places: ['vault'] }
}

function* table(): Generator<Attack> {
  for (const { vault, moment, places } of situations()) {
    for (const place of places) {
      for (const deed of DEEDS) {
        const isEmpty = moment === 'creating' && deed.deed === 'replaced by each other file of the vault'
        if (isEmpty) continue
        yield compose({
          group: GROUP,
          deed: deed.deed,
          place,
          moment,
          vault,
          expected: [expectation(deed.kind, place, moment)],
          // Whoever has opened the other vault has its keys, and has to open this one anew.
          recovery: deed.kind === 'foreign' && place === 'vault' && moment === 'opening' ? 'new clients' : 'everybody',
          cases: (stage) => casesOf(deed, stage, place),
        })
      }
    }
  }
  yield compose({
    group: GROUP,
    deed: 'there before its time',
    place: 'first shard',
    moment: 'creating',
    vault: 'nothing',
    expected: ['ERR_CORRUPT'],
    *cases(stage) {
      const variants = [...SOMETHING_ELSE, ...[...stage.foreign].map(([name, data]) => ({ name, make: () => data }))]
      for (const { name, make } of variants) {
        yield { name, strike: (world) => world.put('shards/0', make(new Uint8Array(0))) }
      }
    },
  })
}

/** Another vault as a whole, to whoever opens both with one secret. */
function* otherVaults(): Generator<Attack> {
  const row = {
    group: GROUP,
    deed: 'another vault of the same secret in their place',
    place: 'all files',
    recovery: 'new clients',
    cases: ({ foreign }: Stage): Case[] => [{ name: 'all', strike: (world) => world.become(foreign) }],
  } as const
  for (const vault of VAULTS) {
    const outOfReach = 'One secret for two vaults'
    yield compose({ ...row, vault, moment: 'opening', expected: ['believed'], outOfReach })
    yield compose({ ...row, vault, moment: 'opened', expected: ['ERR_CORRUPT'] })
    yield compose({ ...row, vault, moment: 'reopened', expected: ['ERR_ROLLBACK'] })
  }
}

export const FILES_MOVED: readonly Attack[] = [...table(), ...otherVaults()]
