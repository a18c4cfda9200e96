import { createMemoryStore } from '@vaultdb/core'
import { blobStoreConformance, missingCapabilities } from '@vaultdb/core/testing'
import { runScenario, SETTINGS } from '../../core/test/scenario.ts'
import { trials as indexeddb } from '../../indexeddb/test/browser/trials.ts'
import { trials as localstorage } from '../../localstorage/test/browser/trials.ts'
import type { Context } from './page.ts'

/** One test that runs in a page or worker; it rejects if it fails. */
interface Trial {
  readonly name: string
  run(): Promise<void>
}

/** What one trial came to; `error` is absent when it went well. */
export interface TrialReport {
  readonly name: string
  readonly error?: string
}

/** The trials of one store, and where it works. */
interface Suite {
  readonly trials: readonly Trial[]
  readonly contexts: readonly Context[]
}

const { capabilities } = createMemoryStore()

const memory: readonly Trial[] = [
  ...blobStoreConformance
    .filter((each) => missingCapabilities(each, capabilities).length === 0)
    .map(({ name, run }) => ({ name, run: () => run(async () => ({ open: async () => createMemoryStore() })) })),
  ...SETTINGS.map((setting) => ({ name: `a vault's life with ${setting.name}`, run: () => runScenario(setting) })),
]

export type SuiteName = 'memory' | 'indexeddb' | 'localstorage'

export const suites: Readonly<Record<SuiteName, Suite>> = {
  memory: { trials: memory, contexts: ['page', 'dedicated'] },
  indexeddb: { trials: indexeddb, contexts: ['page', 'dedicated'] },
  localstorage: { trials: localstorage, contexts: ['page'] },
}

/** Runs all trials of a store, one after the other. */
export async function runSuite(name: SuiteName): Promise<TrialReport[]> {
  const reports: TrialReport[] = []
  for (const { name: trial, run } of suites[name].trials) {
    try {
      await run()
      reports.push({ name: trial })
    } catch (error) {
      reports.push({ name: trial, error: error instanceof Error ? `${error.message}\n${error.stack}` : String(error) })
    }
  }
  return reports
}
