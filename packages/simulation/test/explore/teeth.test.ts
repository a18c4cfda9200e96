import { test } from 'vitest'
import { expectNoticed } from './noticing.ts'
import { VARIANTS } from './variants.ts'

test.each(VARIANTS)('the simulation notices that not: $rule', { timeout: 120_000 }, expectNoticed)
