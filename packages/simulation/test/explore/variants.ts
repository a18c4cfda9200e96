import { AGES } from './variants/ages.ts'
import { COSTS } from './variants/costs.ts'
import { CREATION } from './variants/creation.ts'
import { HOSTILE_STORES } from './variants/hostile-stores.ts'
import { INTERRUPTIONS } from './variants/interruptions.ts'
import { LINKING } from './variants/linking.ts'
import { OPERATIONS } from './variants/operations.ts'
import { READING } from './variants/reading.ts'
import { REQUESTS } from './variants/requests.ts'
import { SPLITS } from './variants/splits.ts'
import { UNLINKING } from './variants/unlinking.ts'
import type { Variant } from './variants/variant.ts'

/** Every rule that is switched off, and noticed at once. */
export const VARIANTS: readonly Variant[] = [
  ...LINKING,
  ...UNLINKING,
  ...REQUESTS,
  ...OPERATIONS,
  ...READING,
  ...SPLITS,
  ...CREATION,
  ...HOSTILE_STORES,
  ...AGES,
  ...INTERRUPTIONS,
  ...COSTS,
]
