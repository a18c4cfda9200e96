import { test } from 'vitest'
import { expectNoticed } from './noticing.ts'
import { VARIANTS } from './variants.ts'

// Every eighth: that the teeth bite at all. The others take longer.
test.each(VARIANTS.filter((_variant, index) => index % 8 === 0))(
  'the simulation notices that not: $rule',
  { timeout: 120_000 },
  expectNoticed,
)
