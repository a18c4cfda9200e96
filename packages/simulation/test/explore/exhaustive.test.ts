import { expect, test } from 'vitest'
import { explore, SCENARIOS } from '../../src/explore/index.ts'

/** States of each scenario that the tests look at; `npm run simulate -- --exhaustive` looks at all there are. */
const MAX_STATES = 20

test.each(SCENARIOS)('$name', { timeout: 120_000 }, async (scenario) => {
  const { violation, states, mostShards, trace } = await explore(scenario, { maxStates: MAX_STATES, auditEvery: 10 })
  expect(violation?.message, trace.join('\n')).toBeUndefined()
  expect(states).toBeGreaterThan(1)
  if (scenario.name.includes('split')) expect(mostShards).toBeGreaterThan(scenario.layout.shards.length)
})
