import type { Attack } from './attack.ts'
import { BITS } from './catalog/bits.ts'
import { OLDER_STATES } from './catalog/history.ts'
import { FILES_MOVED } from './catalog/places.ts'
import { SLOTS } from './catalog/slots.ts'

export type { Attack, Case, Moment, Result } from './attack.ts'
export type { AttackReport } from './run-attack.ts'
export { runAttack } from './run-attack.ts'

/** Every attack that is tried. */
export const ATTACKS: readonly Attack[] = [...FILES_MOVED, ...OLDER_STATES, ...SLOTS, ...BITS]
