import { test } from 'vitest'
import { runSeeds } from './random-histories.ts'

test('5,000 more random histories break no rule', { timeout: 900_000 }, async () => {
  await runSeeds(6_001, 5_000)
})
