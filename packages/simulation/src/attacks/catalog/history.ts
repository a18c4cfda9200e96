import { readRoot, readShard } from '../../explore/sealed-files.ts'
import type { Attack, Case, Moment, OutOfReach, Recovery, Result } from '../attack.ts'
import { SECRET, type Stage, type VaultKind } from '../stage.ts'
import { type Files, World } from '../world.ts'
import { compose, keyAt, type Place } from './compose.ts'
import { updatedElsewhere } from './elsewhere.ts'

/** True states of a vault, shown at the wrong time or to the wrong people. */

const GROUP = 'Older states, mixed states and forks'

interface Row {
  readonly deed: string
  readonly place: string
  readonly moment: Moment
  readonly vault: VaultKind
  readonly expected: readonly Result[]
  readonly outOfReach?: OutOfReach
  readonly recovery?: Recovery
  readonly cases: (stage: Stage) => Iterable<Case>
}

const same = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && Buffer.from(a).equals(b))

/** Each older state that a file was in. */
function* olderFiles(stage: Stage, place: Place): Generator<Case> {
  const key = keyAt(stage, place)
  let last: Uint8Array | undefined
  for (const [write, files] of stage.history.entries()) {
    const data = files.get(key)
    if (data === undefined || same(data, last) || same(data, stage.files.get(key))) continue
    last = data
    yield { name: `as of write ${write + 1}`, strike: (world) => world.put(key, data) }
  }
}

/** Each state that the whole store was in. */
function* olderStores(stage: Stage): Generator<Case> {
  for (const [write, files] of stage.history.slice(0, -1).entries()) {
    yield { name: `as of write ${write + 1}`, strike: (world) => world.become(files) }
  }
}

/** Each choice of files that are old where the others are new, but for all and none. */
function* mixtures(stage: Stage): Generator<Case> {
  const keys = [...stage.files.keys()].filter((key) => !same(stage.files.get(key), stage.before.get(key)))
  const changing = keys.filter((key) => key !== stage.orphan)
  for (let choice = 1; choice < 2 ** changing.length - 1; choice++) {
    const old = changing.filter((_key, bit) => choice & (1 << bit))
    yield {
      name: `old: ${old.join(', ')}`,
      strike: (world) => {
        for (const key of old) world.put(key, stage.before.get(key) ?? null)
      },
    }
  }
}

/** What a client that was shown a store of its own has made of the vault, with so many more writes to each shard. */
async function fork(stage: Stage, updates: number): Promise<World> {
  const world = new World(stage.files)
  await updatedElsewhere(world, [...stage.inside.values()], updates)
  return world
}

function seqOf(stage: Stage, files: Files, key: string): number {
  const root = readRoot(stage.files.get('vault') as Uint8Array, SECRET)
  return readShard(root, key.slice('shards/'.length), files.get(key) as Uint8Array).seq
}

/** Shows one client what another has made of the same vault, which is so many writes ahead of what the first has seen. */
function joins(place: Place, aheads: readonly number[]): (stage: Stage) => Generator<Case> {
  return function* (stage) {
    const key = keyAt(stage, place)
    for (const ahead of aheads) {
      yield {
        name: `${ahead} writes ahead`,
        strike: async (world) => {
          const seen = seqOf(stage, world.files, key) - seqOf(stage, stage.files, key)
          world.put(key, (await fork(stage, seen + ahead)).file(key))
        },
      }
    }
  }
}

const VAULTS: readonly VaultKind[] = ['one shard', 'three shards', 'three passwords']

/** To a device that has never seen the vault. An old root file alone does no harm: what it names is a hint. */
function* shownToNewcomers(vault: VaultKind): Generator<Row> {
  const row = { moment: 'opening', vault, outOfReach: 'A device without memory', recovery: 'new clients' } as const
  // Before its slot was made, a password opens nothing.
  const noSlot: Result[] = vault === 'three passwords' ? ['ERR_CREDENTIALS'] : []
  yield { ...row, deed: WHOLE, place: 'all files', expected: ['believed', ...noSlot], cases: olderStores }
  for (const place of placesOf(vault)) {
    const cases = (stage: Stage): Iterable<Case> => olderFiles(stage, place)
    if (place !== 'vault') yield { ...row, deed: ONE, place, expected: ['believed'], cases }
    else {
      const { outOfReach: _none, ...noticed } = row
      yield { ...noticed, deed: ONE, place, expected: ['unharmed', ...noSlot], cases }
    }
  }
  if (vault === 'one shard') return
  const expected = ['believed', 'ERR_CORRUPT', 'unharmed'] as const
  yield { ...row, deed: SUBSETS, place: 'all files', expected, outOfReach: 'Mixed states', cases: mixtures }
}

const WHOLE = 'a whole earlier state replayed'
const ONE = 'each older state of one file replayed'
const SUBSETS = 'each subset of files older than the rest'

function placesOf(vault: VaultKind): readonly Place[] {
  return vault === 'one shard' ? ['vault', 'first shard'] : ['vault', 'first shard', 'another shard']
}

/** To who has seen newer. A shard that was not there then is missing now, whichever of the two is met first. */
function* shownToWitnesses(vault: VaultKind, moment: 'opened' | 'reopened'): Generator<Row> {
  const row = { moment, vault, recovery: 'everybody' } as const
  const noSlot: Result[] = vault === 'three passwords' && moment === 'reopened' ? ['ERR_CREDENTIALS'] : []
  const missing: Result[] = moment === 'opened' ? ['ERR_CORRUPT'] : []
  yield {
    ...row,
    deed: WHOLE,
    place: 'all files',
    expected: ['ERR_ROLLBACK', ...missing, ...noSlot],
    cases: olderStores,
  }
  for (const place of placesOf(vault)) {
    const expected: Result[] = ['ERR_ROLLBACK', ...(place === 'vault' ? noSlot : [])]
    yield { ...row, deed: ONE, place, expected, cases: (stage) => olderFiles(stage, place) }
  }
  if (vault === 'one shard') return
  yield { ...row, deed: SUBSETS, place: 'all files', expected: ['ERR_ROLLBACK', 'ERR_CORRUPT'], cases: mixtures }
}

function* replays(): Generator<Row> {
  for (const vault of VAULTS) {
    yield* shownToNewcomers(vault)
    yield* shownToWitnesses(vault, 'opened')
    yield* shownToWitnesses(vault, 'reopened')
  }
}

function* forks(): Generator<Row> {
  for (const moment of ['opened', 'updating', 'reopened'] as const) {
    const row = { place: 'another shard', moment, vault: 'three shards' } as const
    // A write that met a conflict, and what lies there now is of no history that it was part of.
    const isWriting = moment === 'updating'
    yield {
      ...row,
      deed: "another client's fork joined, behind what was seen",
      expected: [isWriting ? 'ERR_OUTCOME_UNKNOWN' : 'ERR_ROLLBACK'],
      recovery: 'new clients',
      cases: joins('another shard', [-1]),
    }
    yield {
      ...row,
      deed: "another client's fork joined, at the same write or up to 16 ahead",
      expected: [isWriting ? 'ERR_OUTCOME_UNKNOWN' : 'ERR_FORK'],
      recovery: 'new clients',
      cases: joins('another shard', [0, 1, 2, 15, 16]),
    }
    yield {
      ...row,
      deed: "another client's fork joined, 17 writes ahead and more",
      expected: ['believed'],
      outOfReach: 'Forks that are long',
      recovery: 'new clients',
      cases: joins('another shard', [17, 18, 40]),
    }
  }
}

export const OLDER_STATES: readonly Attack[] = [...replays(), ...forks()].map((row) =>
  compose({ ...row, group: GROUP }),
)
