import { expect } from 'vitest'
import type { Exploration } from '../../src/explore/index.ts'
import { bundleVariant } from './bundle-variant.ts'
import type { Variant } from './variants/variant.ts'

/** States that are looked at before a variant counts as unnoticed: the hardest to find out takes half of these. */
const MAX_STATES = 4_000

/** Explores a scenario with a changed engine. */
export async function exploreVariant({
  changes,
  scenario: wanted,
  seed = 1,
}: Pick<Variant, 'changes' | 'scenario' | 'seed'>): Promise<Exploration> {
  const { explore, SCENARIOS } = await bundleVariant(changes)
  const scenario = SCENARIOS.find(({ name }) => name === wanted)
  if (scenario === undefined) throw new Error(`There is no scenario "${wanted}".`)
  return await explore(scenario, { maxStates: MAX_STATES, auditEvery: 1_000, seed })
}

/** Fails unless the simulation notices the variant, and for the right reason. */
export async function expectNoticed(
  variant: Pick<Variant, 'changes' | 'scenario' | 'notices' | 'seed'>,
): Promise<void> {
  const { violation, trace } = await exploreVariant(variant)
  expect(violation?.message, trace.join('\n')).toMatch(variant.notices)
}
