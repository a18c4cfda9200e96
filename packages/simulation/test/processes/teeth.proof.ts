import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { crash } from '../../src/processes/crash.ts'
import { bundleWorker, type SourceChange } from './bundle-worker.ts'

/** Each is noticed within some twenty. */
const KILLS = 200

const scratch = mkdtempSync(join(tmpdir(), 'vaultdb-teeth-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

interface Tooth extends SourceChange {
  readonly rule: string
  readonly seen: RegExp
}

const TEETH: readonly Tooth[] = [
  {
    rule: 'a file is replaced only if it is still the version that was read',
    file: 'fs/src/file-store.ts',
    from: '} else if (expected !== head.version) throw conflict(key)',
    to: '} else if (expected === null) throw conflict(key)',
    // The engine notices that histories part; what it does not notice, the judge does.
    seen: /ERR_FORK|No order of the operations explains/,
  },
  {
    rule: 'a content is whole before its version is current',
    file: 'fs/src/replacing.ts',
    from: 'await writeContent(join(folder, version), data, change.durable)',
    to: 'if (!advance(folder, head, headName(version))) throw conflict(key)\n      await writeContent(join(folder, version), data, change.durable)',
    seen: /ERR_CORRUPT|There is no header|lacks the content|ended by itself/,
  },
  {
    rule: 'markers are written before the documents',
    file: 'core/src/operations/execution.ts',
    from: 'await this.#writeMarkers()\n    await this.#writeDocuments()',
    to: 'await Promise.all([this.#writeMarkers(), this.#writeDocuments()])',
    seen: /has no marker/,
  },
]

test.each(TEETH)('it is noticed when this rule is switched off: $rule', async ({ seen, ...change }) => {
  const folder = mkdtempSync(join(scratch, 'tooth-'))
  const worker = await bundleWorker(join(folder, 'bundle'), change)
  await expect(crash({ folder, worker, seed: 1, kills: KILLS, processes: 4 })).rejects.toThrow(seen)
})
