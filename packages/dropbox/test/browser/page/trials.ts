// What the store has to stand in a page and in a worker, against an emulator on another origin. Free of any test runner.

import { createDropboxStore } from '@vaultdb/dropbox'
import { reportOnAll, storeTrials, type TrialReport } from '../../../../core/test/support/trials.ts'

/** Where the emulator is, and a token for it. */
export interface Place {
  readonly url: string
  readonly accessToken: string
  /** The name of the context: each has folders of its own. */
  readonly context: string
}

const { capabilities } = createDropboxStore({ accessToken: 'unused' })

/** Runs all trials, one after the other. */
export function runTrials({ url, accessToken, context }: Place): Promise<TrialReport[]> {
  const fetchThere = (meant: string, init?: RequestInit): Promise<Response> => {
    const { host, pathname } = new URL(meant)
    return fetch(`${url}/${host}${pathname}`, init)
  }
  let folders = 0
  return reportOnAll(
    storeTrials(capabilities, async () => {
      folders += 1
      const folder = `/${context} ${folders}`
      return { open: async () => createDropboxStore({ accessToken, folder, fetch: fetchThere }) }
    }),
  )
}
