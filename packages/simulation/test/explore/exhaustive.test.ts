import { expect, test } from 'vitest'
import { explore, SCENARIOS } from '../../src/explore/index.ts'

/** A glance at each scenario; exhaustive.proof.ts looks longer, `npm run simulate -- --exhaustive` at all there is. */
const BOUNDS = { maxStates: 20, auditEvery: 10, crashEvery: 15 }

test.each(SCENARIOS)('$name', { timeout: 120_000 }, async (scenario) => {
  const { violation, states, trace } = await explore(scenario, BOUNDS)
  expect(violation?.message, trace.join('\n')).toBeUndefined()
  expect(states).toBeGreaterThan(1)
})
