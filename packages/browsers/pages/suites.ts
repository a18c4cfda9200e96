import { type BlobStore, createMemoryStore } from '@vaultdb/core'
import { blobStoreConformance, missingCapabilities } from '@vaultdb/core/testing'
import { runScenario, SETTINGS } from '../../core/test/scenario.ts'

/** One test that runs in a page or worker; it rejects if it fails. */
export interface Trial {
  readonly name: string
  run(): Promise<void>
}

/** What one trial came to; `error` is absent when it went well. */
export interface TrialReport {
  readonly name: string
  readonly error?: string
}

/** What every store must pass; `open` opens an empty one each time. */
function trialsOf(open: () => BlobStore): readonly Trial[] {
  const { capabilities } = open()
  return [
    ...blobStoreConformance
      .filter((each) => missingCapabilities(each, capabilities).length === 0)
      .map(({ name, run }) => ({ name, run: () => run(async () => ({ open: async () => open() })) })),
    ...SETTINGS.map((setting) => ({
      name: `a vault's life with ${setting.name}`,
      run: () => runScenario(setting, open()),
    })),
  ]
}

export type SuiteName = 'memory'

/** The trials of each store. */
export const suites: Readonly<Record<SuiteName, readonly Trial[]>> = { memory: trialsOf(createMemoryStore) }

/** Runs a whole suite, one trial after the other. */
export async function runSuite(suite: SuiteName): Promise<TrialReport[]> {
  const reports: TrialReport[] = []
  for (const { name, run } of suites[suite]) {
    try {
      await run()
      reports.push({ name })
    } catch (error) {
      reports.push({ name, error: error instanceof Error ? `${error.message}\n${error.stack}` : String(error) })
    }
  }
  return reports
}
