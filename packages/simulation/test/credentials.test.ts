import { deflateRawSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { makeCredentials } from '../src/credentials.ts'

test('the data of the benchmarks are what the tables say of them', () => {
  const entries = makeCredentials(1000, 1)
  const json = JSON.stringify(Object.fromEntries(entries))
  expect(Object.keys(JSON.parse(json))).toHaveLength(1000)
  expect(json.length / 1000).toBeGreaterThan(450)
  expect(json.length / 1000).toBeLessThan(530)
  const ratio = deflateRawSync(json).length / json.length
  expect(ratio).toBeGreaterThan(0.29)
  expect(ratio).toBeLessThan(0.35)
})

test('the same seed gives the same data, another seed or folder other paths', () => {
  const paths = (seed: number, top?: string): string[] => makeCredentials(50, seed, top).map(([path]) => path)
  expect(makeCredentials(50, 7)).toEqual(makeCredentials(50, 7))
  expect(paths(8)).not.toEqual(paths(7))
  expect(paths(7, 'shared').every((path) => path.startsWith('/shared/'))).toBe(true)
})
