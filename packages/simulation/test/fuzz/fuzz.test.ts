import { expect, test } from 'vitest'
import { fuzz, inputAt } from '../../src/fuzz/fuzz.ts'
import { tryShare } from './share.ts'
import { prepareTargets } from './targets/index.ts'

/** Inputs in each quick run of the tests; `fuzz.proof.ts` has ten times as many, `npm run fuzz` as many as there is time for. */
const INPUTS = 2_000

const targets = await prepareTargets()

test.each(targets.map((target) => [target.name, target] as const))('%s keeps its promises', async (_name, target) => {
  await tryShare(target, targets, { seed: 1, inputs: INPUTS })
})

test('an input is the same whenever it is made', async () => {
  const again = await prepareTargets()
  for (const [at, target] of targets.entries()) {
    for (const index of [0, 7, 1_000_000]) {
      const other = again[at]
      expect(other).toBeDefined()
      if (other !== undefined) expect(inputAt(other, 5, index)).toEqual(inputAt(target, 5, index))
    }
    expect(inputAt(target, 6, 7)).not.toEqual(inputAt(target, 5, 8))
  }
})

test('what is wrong whatever a parser is for is seen', async () => {
  const base = { weight: 1, generate: () => Uint8Array.of(1, 2, 3) }
  const messageOf = async (name: string, judge: (input: Uint8Array) => string): Promise<string | undefined> => {
    const { failure } = await fuzz({ ...base, name, judge }, { seed: 1, from: 0, count: 1 })
    return failure?.message
  }
  expect(await messageOf('fine', () => 'accepted')).toBeUndefined()
  const crash = (): string => {
    throw new RangeError('Maximum call stack size exceeded')
  }
  expect(await messageOf('crashes', crash)).toMatch(/^RangeError instead of a typed error/)
  const held: Uint8Array[] = []
  expect(await messageOf('greedy', () => `${held.push(new Uint8Array(2 ** 25))}`)).toMatch(/bytes of buffers/)
  expect(await messageOf('writes', (input) => String(input.fill(0)))).toBe('the input was changed')
  const { prototype } = Object
  try {
    expect(await messageOf('polluter', () => Object.assign(prototype, { polluted: 'yes' }).polluted)).toBe(
      'a prototype was changed',
    )
  } finally {
    Reflect.deleteProperty(prototype, 'polluted')
  }
})
