// What the store has to stand in every engine, in pages and in workers. Free of any test runner.

import { createIndexedDBStore } from '@vaultdb/indexeddb'
import { storeTrials, type Trial } from '../../../core/test/support/trials.ts'
import { connectionTrials } from './connection-trials.ts'
import { contentTrials } from './content-trials.ts'
import { places } from './places.ts'
import { refusalTrials } from './refusal-trials.ts'

const { capabilities } = createIndexedDBStore({ name: 'unused' })

export const trials: readonly Trial[] = [
  ...storeTrials(capabilities, places.makeStore),
  ...contentTrials,
  ...connectionTrials,
  ...refusalTrials,
]
