// What every store must stand, as a list free of any test runner: pages, workers and other runtimes go through it.

import type { StoreCapabilities } from '../../src/index.ts'
import { blobStoreConformance, type MakeStore, missingCapabilities } from '../../src/testing/index.ts'
import { runScenario, SETTINGS } from '../scenario.ts'

/** What one trial has to show; it rejects if it fails. */
export interface Trial {
  readonly name: string
  run(): Promise<void>
}

/** What one trial came to; `error` is absent when it went well. */
export interface TrialReport {
  readonly name: string
  readonly error?: string
}

/** Conformance as far as the capabilities go, and a vault's life in every setting, each in a place of its own. */
export function storeTrials(capabilities: StoreCapabilities, makeStore: MakeStore): Trial[] {
  return [
    ...blobStoreConformance
      .filter((each) => missingCapabilities(each, capabilities).length === 0)
      .map(({ name, run }) => ({ name, run: () => run(makeStore) })),
    ...SETTINGS.map((setting) => ({
      name: `a vault's life with ${setting.name}`,
      run: async () => {
        const { open, dispose } = await makeStore()
        try {
          await runScenario(setting, await open())
        } finally {
          await dispose?.()
        }
      },
    })),
  ]
}

/** Runs one trial. */
export async function reportOn({ name, run }: Trial): Promise<TrialReport> {
  try {
    await run()
    return { name }
  } catch (error) {
    return { name, error: error instanceof Error ? `${error.message}\n${error.stack}` : String(error) }
  }
}

/** Runs all trials, one after the other. */
export async function reportOnAll(trials: readonly Trial[]): Promise<TrialReport[]> {
  const reports: TrialReport[] = []
  for (const trial of trials) reports.push(await reportOn(trial))
  return reports
}
