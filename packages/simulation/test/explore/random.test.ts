import { expect, test } from 'vitest'
import { randomWorkload, replay, run } from '../../src/explore/index.ts'

/** Histories in each run of the tests; `npm run simulate` runs as many as there is time for. */
const HISTORIES = 200
const FIRST_SEED = 1

test(`${HISTORIES} random histories break no rule`, { timeout: 300_000 }, async () => {
  let faults = 0
  for (let seed = FIRST_SEED; seed < FIRST_SEED + HISTORIES; seed++) {
    const { workload, decide } = randomWorkload(seed)
    const { violation, decisions } = await run(workload, decide)
    faults += decisions.filter(([, outcome]) => outcome !== 'done').length
    expect(violation?.message, `npm run simulate -- --seed ${seed} --histories 1`).toBeUndefined()
  }
  expect(faults).toBeGreaterThan(HISTORIES)
})

test('a history is the same whenever it is run', async () => {
  for (const seed of [3, 14, 159]) {
    const { workload, decide } = randomWorkload(seed)
    const first = await run(workload, decide)
    const again = await replay({ workload, decisions: first.decisions })
    expect(again.trace).toEqual(first.trace)
  }
})
