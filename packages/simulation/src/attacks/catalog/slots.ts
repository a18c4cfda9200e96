import type { Attack } from '../attack.ts'
import { slotsOf, withSlots } from '../forge.ts'
import type { Stage } from '../stage.ts'

/** Key slots changed by somebody who knows no password. */

const GROUP = 'Key slots'

const root = (stage: Stage): Uint8Array => stage.files.get('vault') as Uint8Array

export const SLOTS: readonly Attack[] = [
  {
    name: "another password's slot altered: vault, opening, three passwords",
    group: GROUP,
    deed: "another password's slot altered",
    place: 'vault',
    moment: 'opening',
    vault: 'three passwords',
    expected: ['ERR_CORRUPT'],
    recovery: 'everybody',
    bulk: false,
    *cases(stage) {
      const salt = Buffer.alloc(16, 77).toString('base64url')
      const slots = slotsOf(root(stage)).map((slot, at) =>
        at === 1 && slot.kdf ? { ...slot, kdf: { ...slot.kdf, salt } } : slot,
      )
      yield { name: 'its salt', strike: (world) => world.put('vault', withSlots(root(stage), slots)) }
    },
  },
]
