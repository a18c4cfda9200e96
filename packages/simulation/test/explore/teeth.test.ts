import { expect, test } from 'vitest'
import { SCENARIOS } from '../../src/explore/index.ts'
import { bundleVariant } from './bundle-variant.ts'
import { VARIANTS } from './variants.ts'

/** The variant that is hardest to find out takes half of these. */
const BOUNDS = { maxStates: 12_000, auditEvery: 1_000 }

test.each(VARIANTS)('the simulation notices that not: $rule', { timeout: 120_000 }, async (variant) => {
  const { explore, SCENARIOS: scenarios } = await bundleVariant(variant)
  const scenario = scenarios.find(({ name }) => name === variant.scenario)
  expect(scenario, variant.scenario).toBeDefined()
  if (scenario === undefined) return
  const { violation } = await explore(scenario, BOUNDS)
  expect(violation).not.toBeNull()
})

test('every variant names a scenario of its own bundle and of this one', () => {
  const names = new Set(SCENARIOS.map(({ name }) => name))
  for (const { scenario } of VARIANTS) expect(names).toContain(scenario)
})
