import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ATTACKS } from '../../src/attacks/index.ts'

test('each reason has its place in docs/threat-model.md', () => {
  const text = readFileSync(new URL('../../../../docs/threat-model.md', import.meta.url), 'utf8')
  const reasons = new Set(ATTACKS.flatMap(({ outOfReach }) => (outOfReach === undefined ? [] : [outOfReach])))
  expect(reasons.size).toBe(8)
  for (const reason of reasons) expect(text).toContain(`\n### ${reason}\n`)
})
