import { expect, test } from 'vitest'
import { type Attack, MOMENTS, type Moment } from '../../src/attacks/attack.ts'
import { ATTACKS, runAttack } from '../../src/attacks/index.ts'

/** Of each table one attack at each moment; all of them are run by the proofs beside this. */
function some(): Attack[] {
  const chosen = new Map<string, Attack>()
  for (const attack of ATTACKS) {
    const isQuick = !attack.bulk && attack.brief !== true && attack.deed !== 'a listing without end'
    const key = `${attack.group} ${attack.moment}`
    if (isQuick && !chosen.has(key)) chosen.set(key, attack)
  }
  return [...chosen.values()]
}

test.each(some())('$name', async (attack) => {
  const { cases, surprises } = await runAttack(attack)
  expect(surprises).toEqual([])
  expect(cases).toBeGreaterThan(0)
})

test('attacks have names of their own, and are made at every moment', () => {
  expect(new Set(ATTACKS.map(({ name }) => name)).size).toBe(ATTACKS.length)
  expect(new Set<Moment>(ATTACKS.map(({ moment }) => moment))).toEqual(new Set(MOMENTS))
})

test('what is believed has a reason, and nothing else has one; what must never come of an attack is never expected', () => {
  for (const { name, expected, outOfReach } of ATTACKS) {
    expect(expected.includes('believed'), name).toBe(outOfReach !== undefined)
    for (const defect of ['crash', 'hang', 'plaintext', 'excess', 'stuck']) expect(expected, name).not.toContain(defect)
  }
})

test('the same attack has the same results each time', async () => {
  const attack = ATTACKS.find(
    ({ deed, moment }) => deed === 'each subset of files older than the rest' && moment === 'opened',
  )
  const [first, second] = [await runAttack(attack as Attack), await runAttack(attack as Attack)]
  expect(second.results).toEqual(first.results)
})
