import type { Attack } from './attack.ts'
import { ANSWERS } from './catalog/answers.ts'
import { BITS } from './catalog/bits.ts'
import { FORGED } from './catalog/forged.ts'
import { OLDER_STATES } from './catalog/history.ts'
import { FILES_MOVED } from './catalog/places.ts'
import { SIZES } from './catalog/sizes.ts'
import { SLOTS } from './catalog/slots.ts'

export type { AttackReport } from './run-attack.ts'
export { runAttack } from './run-attack.ts'

/** Every attack that is tried. */
export const ATTACKS: readonly Attack[] = [
  ...BITS,
  ...FILES_MOVED,
  ...OLDER_STATES,
  ...SLOTS,
  ...SIZES,
  ...FORGED,
  ...ANSWERS,
]
