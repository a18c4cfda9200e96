import { expect, test } from 'vitest'
import { explore, SCENARIOS } from '../../src/explore/index.ts'

/** Some hundred states of each scenario; `npm run simulate -- --exhaustive` looks at all there are. */
const BOUNDS = { maxStates: 200, auditEvery: 10, crashEvery: 20 }

test.each(SCENARIOS)('$name', { timeout: 120_000 }, async (scenario) => {
  const { violation, states, mostShards, crashes, complete, trace } = await explore(scenario, BOUNDS)
  expect(violation?.message, trace.join('\n')).toBeUndefined()
  if (!complete) expect(crashes).toBeGreaterThanOrEqual(states / BOUNDS.crashEvery - 1)
  if (scenario.name.includes('split')) expect(mostShards).toBeGreaterThan(scenario.layout.shards.length)
})
