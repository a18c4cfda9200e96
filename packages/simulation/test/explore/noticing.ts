import { expect } from 'vitest'
import type { SourceChange } from '../changed-sources.ts'
import { bundleVariant } from './bundle-variant.ts'
import type { Breach, Stage } from './variants/variant.ts'

/** How far is looked before a variant counts as unnoticed. Audits take long, and what they find others have found before. */
const BOUNDS = { maxStates: 4_000, auditEvery: 1_000, crashEvery: 1_000 }

/** What the simulation finds wrong with the changed engine; `undefined` if nothing. */
export async function findings(stage: Stage, changes: readonly SourceChange[]): Promise<string | undefined> {
  if ('attack' in stage) {
    const { ATTACKS, runAttack } = await bundleVariant(changes, 'attacks')
    const attack = ATTACKS.find(({ name }) => name === stage.attack)
    if (attack === undefined) throw new Error(`There is no attack "${stage.attack}".`)
    const { surprises } = await runAttack(attack)
    return surprises[0]
  }
  const { explore, SCENARIOS } = await bundleVariant(changes, 'explore')
  const scenario = SCENARIOS.find(({ name }) => name === stage.scenario)
  if (scenario === undefined) throw new Error(`There is no scenario "${stage.scenario}".`)
  const { violation } = await explore(scenario, { ...BOUNDS, seed: stage.seed ?? 1 })
  return violation?.message
}

/** Fails unless the simulation notices the changes, and for the right reason. */
export async function expectNoticed(breach: Breach): Promise<void> {
  expect(await findings(breach, breach.changes)).toMatch(breach.notices)
}
