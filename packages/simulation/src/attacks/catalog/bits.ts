import type { Attack, Case, Moment, Result } from '../attack.ts'
import { headerEnd } from '../forge.ts'
import type { Stage, VaultKind } from '../stage.ts'

/** Files with one bit changed. */

const GROUP = 'One bit changed'

/** Salt, commitment. */
const CLEAR_SEAL_BYTES = 64

function* flipped(key: string, data: Uint8Array, from: number, to: number): Generator<Case> {
  for (let bit = from * 8; bit < to * 8; bit++) {
    yield {
      name: `bit ${bit}`,
      strike: (world) => {
        const copy = data.slice()
        copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit % 8))
        world.put(key, copy)
      },
    }
  }
}

interface Row {
  readonly place: string
  readonly moment: Moment
  readonly vault: VaultKind
  readonly expected: readonly Result[]
  readonly key: (stage: Stage) => string
}

const ROWS: readonly Row[] = [
  {
    place: 'another shard',
    moment: 'opened',
    vault: 'three shards',
    expected: ['ERR_CORRUPT', 'ERR_UNSUPPORTED'],
    key: (stage) => stage.others[0] as string,
  },
]

export const BITS: readonly Attack[] = ROWS.map(({ key, ...row }) => ({
  ...row,
  name: `each bit of header, salt and commitment: ${row.place}, ${row.moment}, ${row.vault}`,
  group: GROUP,
  deed: 'each bit of header, salt and commitment',
  recovery: 'everybody',
  bulk: true,
  cases(stage) {
    const data = stage.files.get(key(stage)) as Uint8Array
    return flipped(key(stage), data, 0, headerEnd(data) + CLEAR_SEAL_BYTES)
  },
}))
