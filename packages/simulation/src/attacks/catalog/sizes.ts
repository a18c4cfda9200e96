import type { Attack, Case, Moment } from '../attack.ts'
import type { Work } from '../attack-runtime.ts'
import { headerEnd } from '../forge.ts'
import type { Stage } from '../stage.ts'
import { compose, keyAt, type Place } from './compose.ts'

/** Files far too large: what a reader does about them must not grow with them. */

const GROUP = 'Files far too large'
const MIB = 2 ** 20

/** The longest file that a reader takes. */
const MAX_FILE_BYTES = 96 * MIB

const SEAL_BYTES = 64

/** A file's beginning and then zeros. Untouched pages of zeros cost an operating system nothing. */
function inflated(beginning: Uint8Array, length: number): Uint8Array {
  const data = new Uint8Array(length)
  data.set(beginning)
  return data
}

interface Row {
  readonly deed: string
  readonly limits: Partial<Work>
  readonly made: (file: Uint8Array) => readonly (readonly [name: string, make: () => Uint8Array])[]
}

const header = (file: Uint8Array): Uint8Array => file.subarray(0, headerEnd(file))

const ROWS: readonly Row[] = [
  {
    deed: 'hundreds of MiB, without a header of the format',
    limits: { kdfCalls: 0, aesBytes: 2 ** 18 },
    made: () => [
      ['512 MiB of zeros', () => new Uint8Array(512 * MIB)],
      ['a header of 64 MiB', () => inflated(new Uint8Array(64 * MIB).fill(0x20), 64 * MIB + 1)],
      [
        'a header of 64 MiB of slots',
        () => Buffer.from(`{"format":"vaultdb","version":1,"slots":[${'{},'.repeat(22 * MIB)}]}\n`),
      ],
    ],
  },
  {
    deed: 'the true header, and more than 96 MiB behind it',
    limits: { kdfCalls: 0, aesBytes: 2 ** 18 },
    made: (file) => [
      ['zeros', () => inflated(header(file), MAX_FILE_BYTES + 1)],
      ['the file and zeros', () => inflated(file, 512 * MIB)],
    ],
  },
  {
    deed: 'the true header, and up to 96 MiB behind it',
    // The slots are tried, and the file is found to be sealed by nobody.
    limits: { kdfCalls: 2, aesBytes: 2 ** 18 },
    made: (file) => [['zeros', () => inflated(header(file), MAX_FILE_BYTES)]],
  },
  {
    deed: 'the true header, salt and commitment, and up to 96 MiB behind them',
    // Nothing but its tag tells: two readings decrypt all of it.
    limits: { kdfCalls: 2, aesBytes: 2 * MAX_FILE_BYTES + 2 ** 18 },
    made: (file) => [['zeros', () => inflated(file.subarray(0, headerEnd(file) + SEAL_BYTES), MAX_FILE_BYTES)]],
  },
]

function casesAt(stage: Stage, place: Place, { made }: Row): Case[] {
  const key = keyAt(stage, place)
  return made(stage.files.get(key) as Uint8Array).map(([name, make]) => ({
    name,
    strike: (world) => {
      const data = make()
      // The same bytes for each reading: the test need not be as wasteful as the attack.
      world.lie({ read: (asked, honestly) => (asked === key ? { data, version: 'huge' } : honestly()) })
    },
  }))
}

function* table(): Generator<Attack> {
  for (const moment of ['opening', 'opened'] as const satisfies Moment[]) {
    for (const place of ['vault', 'another shard'] as const) {
      // Who has the vault open does not read the root file to read documents.
      if (place === 'vault' && moment === 'opened') continue
      for (const row of ROWS) {
        yield compose({
          group: GROUP,
          deed: row.deed,
          place,
          moment,
          vault: place === 'vault' ? 'three passwords' : 'three shards',
          expected: ['ERR_CORRUPT'],
          limits: place === 'vault' ? row.limits : { ...row.limits, kdfCalls: 0 },
          brief: true,
          cases: (stage) => casesAt(stage, place, row),
        })
      }
    }
  }
}

export const SIZES: readonly Attack[] = [...table()]
