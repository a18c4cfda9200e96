// What the store has to stand in the pages of every engine. Free of any test runner.

import { createLocalStorageStore } from '@vaultdb/localstorage'
import { storeTrials, type Trial } from '../../../core/test/support/trials.ts'
import { contentTrials } from './content-trials.ts'
import { orderTrials } from './order-trials.ts'
import { places } from './places.ts'
import { absenceTrials, refusalTrials } from './refusal-trials.ts'

const { capabilities } = createLocalStorageStore({ prefix: 'unused' })

export const trials: readonly Trial[] = [
  ...absenceTrials,
  ...storeTrials(capabilities, places.makeStore),
  ...contentTrials,
  ...orderTrials,
  ...refusalTrials,
]
