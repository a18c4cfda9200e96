import { createMemoryStore } from '@vaultdb/core'
import { reportOnAll, storeTrials, type Trial, type TrialReport } from '../../core/test/support/trials.ts'
import { trials as indexeddb } from '../../indexeddb/test/browser/trials.ts'
import { trials as localstorage } from '../../localstorage/test/browser/trials.ts'
import type { Context } from './page.ts'

/** The trials of one store, and where it works. */
interface Suite {
  readonly trials: readonly Trial[]
  readonly contexts: readonly Context[]
}

const memory = storeTrials(createMemoryStore().capabilities, async () => ({ open: async () => createMemoryStore() }))

export type SuiteName = 'memory' | 'indexeddb' | 'localstorage'

export const suites: Readonly<Record<SuiteName, Suite>> = {
  memory: { trials: memory, contexts: ['page', 'dedicated'] },
  indexeddb: { trials: indexeddb, contexts: ['page', 'dedicated'] },
  localstorage: { trials: localstorage, contexts: ['page'] },
}

/** Runs all trials of a store, one after the other. */
export function runSuite(name: SuiteName): Promise<TrialReport[]> {
  return reportOnAll(suites[name].trials)
}
