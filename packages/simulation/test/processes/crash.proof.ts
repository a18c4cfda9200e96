import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { crash } from '../../src/processes/crash.ts'
import { bundleWorker } from './bundle-worker.ts'

const KILLS = 100

const scratch = mkdtempSync(join(tmpdir(), 'vaultdb-crash-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

test(`${KILLS} kills among four processes on one vault lose nothing, double nothing and block nobody`, async () => {
  const worker = await bundleWorker(join(scratch, 'bundle'))
  const summary = await crash({ folder: scratch, worker, seed: 1, kills: KILLS, processes: 4 })
  expect(summary.kills).toBeGreaterThanOrEqual(KILLS)
  // The deaths were not all harmless ones, nor all too early or too late.
  expect(summary.mended['orphan-shard']).toBeGreaterThan(0)
  expect(summary.interrupted.applied).toBeGreaterThan(0)
  expect(summary.interrupted.notApplied).toBeGreaterThan(0)
})
