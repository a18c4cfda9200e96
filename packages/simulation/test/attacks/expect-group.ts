import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { ATTACKS, type AttackReport, runAttack } from '../../src/attacks/index.ts'
import { groupSection } from '../../src/attacks/report.ts'

const page = readFileSync(new URL('../../../../docs/attacks.md', import.meta.url), 'utf8')

/** The tables that are there. */
export const GROUPS: readonly string[] = [...new Set(ATTACKS.map(({ group }) => group))]

/** Runs all attacks of a table; throws unless all came as expected and docs/attacks.md says so. */
export async function expectGroup(group: string): Promise<void> {
  const reports: AttackReport[] = []
  for (const attack of ATTACKS) if (attack.group === group) reports.push(await runAttack(attack))
  const surprises = reports.flatMap(({ attack, surprises: found }) => found.map((each) => `${attack.name}: ${each}`))
  expect(surprises).toEqual([])
  expect(page.includes(groupSection(group, reports)), 'docs/attacks.md is out of date: `npm run attacks`').toBe(true)
}
