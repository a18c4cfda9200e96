import { expect } from 'vitest'
import { randomWorkload, run } from '../../src/explore/index.ts'

/** Runs the histories of so many seeds; fails at the first that goes wrong, with how to look into it. */
export async function runSeeds(firstSeed: number, count: number): Promise<void> {
  let faults = 0
  const kinds = new Set<string>()
  for (let seed = firstSeed; seed < firstSeed + count; seed++) {
    const { workload, decide } = randomWorkload(seed)
    const { violation, decisions } = await run(workload, decide)
    expect(violation?.message, `npm run simulate -- --seed ${seed} --histories 1`).toBeUndefined()
    for (const [, outcome] of decisions) {
      if (outcome === 'done') continue
      faults++
      kinds.add(outcome)
    }
  }
  expect(faults).toBeGreaterThan(count)
  expect(kinds.size).toBe(10) // all that there are
}
