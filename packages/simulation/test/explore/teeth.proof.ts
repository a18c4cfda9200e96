import { describe, expect, test } from 'vitest'
import { expectNoticed, findings } from './noticing.ts'
import { REDUNDANT } from './redundant.ts'
import { VARIANTS } from './variants.ts'

test.each(VARIANTS)('the simulation notices that not: $rule', expectNoticed)

describe('a rule that another one makes good', () => {
  test.each(REDUNDANT)('is noticed where both are broken: $rule', ({ together }) => expectNoticed(together))

  test.each(REDUNDANT)('does no harm broken alone: $rule', async ({ changes, together }) => {
    expect(await findings(together, changes)).toBeUndefined()
  })
})
