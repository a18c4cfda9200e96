import { rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { bundleFuzzing } from './bundle.ts'
import type * as Fuzzing from './fuzzing.ts'
import { DEFECTS, ENDLESS } from './planted.ts'
import { WatchedWorker } from './watched-worker.ts'

/** Inputs that each defect must be found within. */
const MOST_INPUTS = 6_000
const SHORTENING_BUDGET = 4_000

describe('a planted defect is found and shortened:', () => {
  test.each(Object.entries(DEFECTS))('%s', async (_what, { target: name, mostBytes, ...defect }) => {
    const module = await bundleFuzzing(defect)
    try {
      const { prepareTargets, fuzz, faultOf, shorten } = (await import(
        /* @vite-ignore */ module.href
      )) as typeof Fuzzing
      const target = (await prepareTargets()).find((each) => each.name === name)
      if (target === undefined) throw new Error(`There is no target ${name}.`)
      const { failure } = await fuzz(target, { seed: 3, from: 0, count: MOST_INPUTS })
      if (failure === null) throw new Error('It was not found.')
      const goesWrong = async (input: Uint8Array): Promise<boolean> => (await faultOf(target, input)) !== null
      const small = await shorten(failure.input, goesWrong, SHORTENING_BUDGET)
      expect(await goesWrong(small)).toBe(true)
      expect(small.length, Buffer.from(small).toString('latin1').slice(0, 400)).toBeLessThanOrEqual(mostBytes)
    } finally {
      await rm(dirname(fileURLToPath(module)), { recursive: true, force: true })
    }
  })
})

test('an input that a parser never comes back from is found by the watch, and the watch survives it', async () => {
  const module = await bundleFuzzing(ENDLESS)
  const worker = new WatchedWorker(module, 1_000)
  try {
    const range = { kind: 'range', seed: 1, from: 4, count: 100 } as const
    expect(await worker.run({ ...range, target: 'cli-json' })).toMatchObject({ kind: 'stuck', index: 4 })
    expect(await worker.run({ ...range, target: 'codecs' })).toMatchObject({ kind: 'answered' })
  } finally {
    await worker.close()
    await rm(dirname(fileURLToPath(module)), { recursive: true, force: true })
  }
})
