import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { crash } from '../../src/processes/crash.ts'
import { bundleWorker } from './bundle-worker.ts'
import { TEETH } from './teeth.ts'

/** More than it takes: no run comes to its end. */
const KILLS = 200

const scratch = mkdtempSync(join(tmpdir(), 'vaultdb-teeth-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

/**
 * How what was broken comes to light, according to who meets it first: an operation that fails, a history that nothing explains,
 * files that break a rule, a process that cannot open the vault. Not by waiting in vain.
 */
const NOTICED = new RegExp(
  [
    'An operation failed for no reason: [^]*"(ERR_FORK|ERR_ROLLBACK|ERR_CORRUPT|ERR_OUTCOME_UNKNOWN|ERR_UNAVAILABLE)"',
    'No order of the operations explains',
    'has no marker',
    'does not begin where',
    'Shard \\S+ is missing',
    'lacks the content',
    'There is no header',
    'The vault is damaged',
    'ended by itself',
  ].join('|'),
)

test.each(TEETH)('it is noticed when this rule is switched off: $rule', async (change) => {
  const folder = mkdtempSync(join(scratch, 'tooth-'))
  const worker = await bundleWorker(join(folder, 'bundle'), change)
  await expect(crash({ folder, worker, seed: 1, kills: KILLS, processes: 4 })).rejects.toThrow(NOTICED)
})
