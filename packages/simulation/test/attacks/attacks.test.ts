import { expect, test } from 'vitest'
import { ATTACKS, runAttack } from '../../src/attacks/index.ts'

test.each(ATTACKS)('$name', async (attack) => {
  const { cases, surprises } = await runAttack(attack)
  expect(surprises).toEqual([])
  expect(cases).toBeGreaterThan(0)
})
