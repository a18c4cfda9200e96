import { describe, expect, test } from 'vitest'
import { type Counterexample, randomWorkload, replay, run, shrink } from '../../src/explore/index.ts'
import { runSeeds } from './random-histories.ts'

test('100 random histories break no rule', { timeout: 300_000 }, async () => {
  await runSeeds(1, 100)
})

test('a history is the same whenever it is run', async () => {
  for (const seed of [3, 14, 159]) {
    const { workload, decide } = randomWorkload(seed)
    const first = await run(workload, decide)
    const again = await replay({ workload, decisions: first.decisions })
    expect(again.trace).toEqual(first.trace)
  }
})

describe('a history that goes wrong', () => {
  /** Nobody can change the password of a vault that has none: a violation that needs no defect. */
  async function goneWrong(seed: number): Promise<Counterexample & { readonly message: string }> {
    const { workload, decide } = randomWorkload(seed)
    const [first, ...others] = workload.scripts
    if (first === undefined) throw new Error('There is no client.')
    const script = { ...first, batches: [...first.batches, [{ kind: 'change-password' } as const]] }
    const spoilt = { ...workload, hasPassword: false, scripts: [script, ...others] }
    const { violation, decisions } = await run(spoilt, decide)
    if (violation === null) throw new Error(`Seed ${seed} does not go wrong.`)
    return { workload: spoilt, decisions, message: violation.message }
  }

  test('is made as small as it can be, and goes wrong again from its record', { timeout: 120_000 }, async () => {
    for (const seed of [1, 2]) {
      const found = await goneWrong(seed)
      const small = await shrink(found, found.message, 500)
      expect(small.workload.scripts.map(({ batches }) => batches)).toEqual([[[{ kind: 'change-password' }]]])
      expect(small.decisions.length).toBeLessThan(found.decisions.length)
      expect(small.decisions.every(([event, outcome]) => event === 0 && outcome === 'done')).toBe(true)
      const { violation } = await replay(JSON.parse(JSON.stringify(small)) as Counterexample)
      expect(violation?.message).toMatch(
        /^A failure that no fault explains \(RangeError\) of 0\.1 {"kind":"change-password"}/,
      )
    }
  })
})
