// What the store has to stand in a page and in a worker, against an emulator on another origin. Free of any test runner.

import { blobStoreConformance, missingCapabilities } from '@vaultdb/core/testing'
import { createDropboxStore } from '@vaultdb/dropbox'
import { runScenario, SETTINGS } from '../../../../core/test/scenario.ts'

/** Where the emulator is, and a token for it. */
export interface Place {
  readonly url: string
  readonly accessToken: string
  /** The name of the context: each has folders of its own. */
  readonly context: string
}

export interface TrialReport {
  readonly name: string
  readonly error?: string
}

const { capabilities } = createDropboxStore({ accessToken: 'unused' })

/** Runs all trials, one after the other. */
export async function runTrials({ url, accessToken, context }: Place): Promise<TrialReport[]> {
  const fetchThere = (meant: string, init?: RequestInit): Promise<Response> => {
    const { host, pathname } = new URL(meant)
    return fetch(`${url}/${host}${pathname}`, init)
  }
  const storeIn = (folder: string) => createDropboxStore({ accessToken, folder, fetch: fetchThere })
  const trials = [
    ...blobStoreConformance
      .filter((each) => missingCapabilities(each, capabilities).length === 0)
      .map(({ name, run }, index) => ({
        name,
        run: () => run(async () => ({ open: async () => storeIn(`/${context} ${index}`) })),
      })),
    ...SETTINGS.map((setting, index) => ({
      name: `a vault's life with ${setting.name}`,
      run: () => runScenario(setting, storeIn(`/${context} life ${index}`)),
    })),
  ]
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
