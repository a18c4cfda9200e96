import { beforeAll, describe, expect, test } from 'vitest'
import { formatTrace } from '../src/cost.ts'
import type { Materials } from '../src/materials.ts'
import { prepareMaterials } from '../src/materials.ts'
import { exceeded } from '../src/network-row.ts'
import { NETWORK_ROWS } from '../src/network-table.ts'

describe('what operations cost on the network', () => {
  let materials: Materials

  beforeAll(async () => {
    materials = await prepareMaterials()
  }, 120_000)

  test('the larger vault has about eight shards, the small one a single shard', () => {
    expect(materials.small.shards).toBe(1)
    expect(materials.large.shards).toBeGreaterThanOrEqual(7)
    expect(materials.large.shards).toBeLessThanOrEqual(12)
  })

  test.each(NETWORK_ROWS)('$operation: $floor', async (row) => {
    const result = await row.measure(materials)
    const trace = result.costs.map((cost) => formatTrace(cost.trace)).join('\n\n')
    expect(exceeded(result), `${row.operation}: ${result.figure}\n${trace}`).toEqual([])
    // Figures of nothing would be within every bound.
    const requests = result.costs.reduce((sum, cost) => sum + cost.requests, 0)
    expect(requests > 0).toBe(row.floor !== '0')
  })
})
