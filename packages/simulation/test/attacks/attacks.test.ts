import { expect, test } from 'vitest'
import { ATTACKS, runAttack } from '../../src/attacks/index.ts'

/** A few of each kind; all of them take longer. */
const SOME = ATTACKS.filter(({ bulk }, at) => !bulk && at % 12 === 0)

test.each(SOME)('$name', async (attack) => {
  const { cases, surprises } = await runAttack(attack)
  expect(surprises).toEqual([])
  expect(cases).toBeGreaterThan(0)
})

test('attacks have names of their own', () => {
  expect(new Set(ATTACKS.map(({ name }) => name)).size).toBe(ATTACKS.length)
})
