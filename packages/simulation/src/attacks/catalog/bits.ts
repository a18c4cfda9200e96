import type { Attack, Case, Moment, Result } from '../attack.ts'
import { headerEnd, noise } from '../forge.ts'
import type { Stage, VaultKind } from '../stage.ts'
import { compose, keyAt, type Place, putting } from './compose.ts'

/** Files with one bit changed, cut and extended: every way there is. */

const GROUP = 'Bits changed, files cut and extended'

/** Salt and commitment, which stand between header and ciphertext. */
const CLEAR_SEAL_BYTES = 64

/** Files of thousands of bytes, of which these are cut at every length; the middle at every so many. */
const BORDER_BYTES = 700
const STRIDE_BYTES = 7

function flipped(key: string, data: Uint8Array, bit: number): Case {
  return {
    name: `bit ${bit}`,
    strike: (world) => {
      const copy = data.slice()
      copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit % 8))
      world.put(key, copy)
    },
  }
}

type Cases = (key: string, data: Uint8Array) => Iterable<Case>

function* bitsOfHeadAndSeal(key: string, data: Uint8Array): Generator<Case> {
  for (let bit = 0; bit < 8 * (headerEnd(data) + CLEAR_SEAL_BYTES); bit++) yield flipped(key, data, bit)
}

function* bitsOfBody(key: string, data: Uint8Array): Generator<Case> {
  for (let bit = 8 * (headerEnd(data) + CLEAR_SEAL_BYTES); bit < 8 * data.length; bit++) yield flipped(key, data, bit)
}

/** One bit of each byte, another one each time. */
function* bytesOfBody(key: string, data: Uint8Array): Generator<Case> {
  for (let byte = headerEnd(data) + CLEAR_SEAL_BYTES; byte < data.length; byte++) {
    yield flipped(key, data, 8 * byte + (byte % 8))
  }
}

function* cuts(key: string, data: Uint8Array): Generator<Case> {
  for (let length = 0; length < data.length; length++) {
    const isBorder = length < BORDER_BYTES || length > data.length - BORDER_BYTES
    if (isBorder || length % STRIDE_BYTES === 0) yield putting(`to ${length} bytes`, key, data.slice(0, length))
  }
}

function* extensions(key: string, data: Uint8Array): Generator<Case> {
  for (let more = 1; more <= 64; more++) {
    yield putting(`by ${more} zeros`, key, new Uint8Array([...data, ...new Uint8Array(more)]))
    yield putting(`by ${more} bytes`, key, new Uint8Array([...data, ...noise('more', more)]))
    yield putting(`by ${more} bytes before it`, key, new Uint8Array([...noise('more', more), ...data]))
  }
}

interface Row {
  readonly deed: string
  readonly place: Place
  readonly moment: Moment
  readonly vault: VaultKind
  readonly expected?: readonly Result[]
  readonly cases: Cases
}

const HEAD = 'each bit of header, salt and commitment'
const CUT = 'cut to every length (in the middle of a file to every seventh)'
const LONGER = 'extended by 1 to 64 bytes, at either end'

/** A bit of a version makes a newer one; in the root file one of a slot, or of what a slot is bound to, a wrong password. */
const ROWS: readonly Row[] = [
  ...(['one shard', 'three passwords'] as const).map(
    (vault): Row => ({
      deed: HEAD,
      place: 'vault',
      moment: 'opening',
      vault,
      expected: ['ERR_CORRUPT', 'ERR_CREDENTIALS', 'ERR_UNSUPPORTED'],
      cases: bitsOfHeadAndSeal,
    }),
  ),
  ...(['opening', 'opened'] as const).map(
    (moment): Row => ({
      deed: HEAD,
      place: 'another shard',
      moment,
      vault: 'three shards',
      expected: ['ERR_CORRUPT', 'ERR_UNSUPPORTED'],
      cases: bitsOfHeadAndSeal,
    }),
  ),
  {
    deed: 'each bit of what is encrypted',
    place: 'first shard',
    moment: 'opened',
    vault: 'one shard',
    cases: bitsOfBody,
  },
  {
    deed: 'one bit in each byte of what is encrypted',
    place: 'vault',
    moment: 'opening',
    vault: 'one shard',
    cases: bytesOfBody,
  },
  {
    deed: 'one bit in each byte of what is encrypted',
    place: 'another shard',
    moment: 'opened',
    vault: 'compressed',
    cases: bytesOfBody,
  },
  { deed: CUT, place: 'vault', moment: 'opening', vault: 'one shard', cases: cuts },
  { deed: CUT, place: 'first shard', moment: 'opening', vault: 'one shard', cases: cuts },
  { deed: CUT, place: 'another shard', moment: 'opened', vault: 'three shards', cases: cuts },
  { deed: CUT, place: 'another shard', moment: 'opened', vault: 'compressed', cases: cuts },
  { deed: LONGER, place: 'vault', moment: 'opening', vault: 'one shard', cases: extensions },
  { deed: LONGER, place: 'another shard', moment: 'opened', vault: 'three shards', cases: extensions },
]

export const BITS: readonly Attack[] = ROWS.map(({ cases, expected = ['ERR_CORRUPT'], ...row }) =>
  compose({
    ...row,
    group: GROUP,
    expected,
    bulk: true,
    cases: (stage: Stage) => {
      const key = keyAt(stage, row.place)
      return cases(key, stage.files.get(key) as Uint8Array)
    },
  }),
)
