import { expect } from 'vitest'
import { type FuzzRun, fuzz } from '../../src/fuzz/fuzz.ts'
import type { FuzzTarget } from '../../src/fuzz/target.ts'

/** A target's share of `inputs` among all `targets`, tried; fails with what repeats a failure. */
export async function tryShare(
  target: FuzzTarget,
  targets: readonly FuzzTarget[],
  { seed, inputs }: { readonly seed: number; readonly inputs: number },
): Promise<FuzzRun> {
  const weights = targets.reduce((sum, { weight }) => sum + weight, 0)
  const count = Math.ceil((inputs * target.weight) / weights)
  const run = await fuzz(target, { seed, from: 0, count })
  const { failure } = run
  const repeat = `npm run fuzz -- --only ${target.name} --seed ${seed} --inputs ${(failure?.index ?? 0) + 1}`
  expect(failure?.message, repeat).toBeUndefined()
  expect(run.inputs).toBe(count)
  return run
}
