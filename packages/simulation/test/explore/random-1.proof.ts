import { test } from 'vitest'
import { runSeeds } from './random-histories.ts'

test('5,000 random histories break no rule', { timeout: 900_000 }, async () => {
  await runSeeds(1_001, 5_000)
})
