import { expect, test } from 'vitest'
import { type Bounds, explore, type Scenario } from '../../src/explore/index.ts'

/** So many states hold everything that a scenario is about. */
const MANY = 100

/** One test for each scenario: nothing goes wrong in as many of its states as the bounds allow. */
export function testScenarios(scenarios: readonly Scenario[], bounds: Bounds & { readonly crashEvery: number }): void {
  test.each(scenarios)('$name', { timeout: 120_000 }, async (scenario) => {
    const { violation, states, mostShards, crashes, complete, trace } = await explore(scenario, bounds)
    expect(violation?.message, trace.join('\n')).toBeUndefined()
    expect(states).toBeGreaterThan(1)
    if (complete || states < MANY) return
    expect(crashes).toBeGreaterThan(0)
    // Where faults take up many of the states, those looked at need not hold the split's end.
    if (scenario.faults.length === 0 && scenario.name.includes('split'))
      expect(mostShards).toBeGreaterThan(scenario.layout.shards.length)
  })
}
