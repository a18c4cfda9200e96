import { describe, test } from 'vitest'
import { expectNoticed } from './noticing.ts'
import { REDUNDANT } from './redundant.ts'
import { VARIANTS } from './variants.ts'

describe('the simulation notices that not', { timeout: 120_000 }, () => {
  test.each(VARIANTS)('$rule', expectNoticed)
})

describe('the simulation notices that neither the rule nor what makes it good holds', { timeout: 120_000 }, () => {
  test.each(REDUNDANT)('$rule', ({ together }) => expectNoticed(together))
})
