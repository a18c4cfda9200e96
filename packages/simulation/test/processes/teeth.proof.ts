import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { crash } from '../../src/processes/crash.ts'
import type { SourceChange } from '../changed-sources.ts'
import { bundleWorker } from './bundle-worker.ts'

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

interface Tooth extends SourceChange {
  readonly rule: string
}

const TEETH: readonly Tooth[] = [
  {
    rule: 'a file is replaced only if it is still the version that was read',
    file: 'fs/src/file-store.ts',
    from: '} else if (expected !== head.version) throw conflictError(key)',
    to: '} else if (expected === null) throw conflictError(key)',
  },
  {
    rule: 'a content is whole before its version is current',
    file: 'fs/src/replacing.ts',
    from: 'await writeContent(join(folder, version), data, change.durable)',
    to: 'if (!advance(folder, head, headName(version))) throw conflictError(key)\n      await writeContent(join(folder, version), data, change.durable)',
  },
  {
    rule: 'markers are written before the documents',
    file: 'core/src/operations/execution.ts',
    from: 'await this.#writeMarkers()\n    await this.#writeDocuments()',
    to: 'await Promise.all([this.#writeMarkers(), this.#writeDocuments()])',
  },
]

test.each(TEETH)('it is noticed when this rule is switched off: $rule', async (change) => {
  const folder = mkdtempSync(join(scratch, 'tooth-'))
  const worker = await bundleWorker(join(folder, 'bundle'), change)
  await expect(crash({ folder, worker, seed: 1, kills: KILLS, processes: 4 })).rejects.toThrow(NOTICED)
})
