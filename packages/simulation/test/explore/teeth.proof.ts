import { expect, test } from 'vitest'
import { findings } from './noticing.ts'
import { REDUNDANT } from './redundant.ts'

test.each(REDUNDANT)(
  'breaking it alone does no harm where breaking both does: $rule',
  async ({ changes, together }) => {
    expect(await findings(together, changes)).toBeUndefined()
  },
)
