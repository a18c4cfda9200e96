import { createMemoryStore } from '../../src/index.ts'
import { blobStoreConformance, missingCapabilities, type StoreLocation } from '../../src/testing/index.ts'
import { runScenario, SETTINGS } from '../scenario.ts'

/** What one trial came to; `error` is absent when it went well. */
export interface TrialReport {
  readonly name: string
  readonly error?: string
}

interface Trial {
  readonly name: string
  readonly run: () => Promise<void>
}

async function openMemory(): Promise<StoreLocation> {
  return { open: async () => createMemoryStore() }
}

const { capabilities } = createMemoryStore()

const trials: readonly Trial[] = [
  ...blobStoreConformance
    .filter((each) => missingCapabilities(each, capabilities).length === 0)
    .map(({ name, run }) => ({ name, run: () => run(openMemory) })),
  ...SETTINGS.map((setting) => ({ name: `a vault's life with ${setting.name}`, run: () => runScenario(setting) })),
]

/** The names of all trials, for the runner to see that none went missing. */
export const trialNames: readonly string[] = trials.map(({ name }) => name)

/** Runs everything, one after the other. */
export async function runTrials(): Promise<TrialReport[]> {
  const reports: TrialReport[] = []
  for (const { name, run } of trials) {
    try {
      await run()
      reports.push({ name })
    } catch (error) {
      reports.push({ name, error: error instanceof Error ? `${error.message}\n${error.stack}` : String(error) })
    }
  }
  return reports
}
