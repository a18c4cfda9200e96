import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { PACKAGES, type SourceChange } from './changed-sources.ts'
import { REDUNDANT } from './explore/redundant.ts'
import { VARIANTS } from './explore/variants.ts'
import { DEFECTS, ENDLESS } from './fuzz/planted.ts'
import { TEETH } from './processes/teeth.ts'

// The changes themselves are tried by proofs, which take minutes; that their texts are still there is seen at once.
const changes: readonly SourceChange[] = [
  ...VARIANTS.flatMap(({ changes: of }) => of),
  ...REDUNDANT.flatMap(({ changes: of, together }) => [...of, ...together.changes]),
  ...TEETH,
  ...Object.values(DEFECTS),
  ENDLESS,
]

test('each text that is to be changed stands in its file exactly once', () => {
  const astray = changes.filter(({ file, from }) => readFileSync(join(PACKAGES, file), 'utf8').split(from).length !== 2)
  expect(astray.map(({ file, from }) => `${file}: ${from}`)).toEqual([])
  expect(changes.length).toBeGreaterThan(80)
})
