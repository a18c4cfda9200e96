import { expect, test } from 'vitest'
import { fuzz } from '../../src/fuzz/fuzz.ts'
import { prepareTargets } from './targets/index.ts'

const targets = await prepareTargets()

test.each(targets.map((target) => [target.name, target] as const))('%s', async (_name, target) => {
  const { outcomes, failure } = await fuzz(target, { seed: 1, from: 0, count: Number(process.env.N ?? 100) })
  console.log(target.name, [...outcomes])
  expect(
    failure === null
      ? null
      : {
          message: failure.message.slice(0, 900),
          i: failure.index,
          input: Buffer.from(failure.input).toString().slice(0, 300),
        },
  ).toBeNull()
})
