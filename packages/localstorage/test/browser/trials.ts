// What the store has to stand in the pages of every engine. Free of any test runner.

import { blobStoreConformance, missingCapabilities } from '@vaultdb/core/testing'
import { createLocalStorageStore } from '@vaultdb/localstorage'
import { runScenario, SETTINGS } from '../../../core/test/scenario.ts'
import { contentTrials } from './content-trials.ts'
import { orderTrials } from './order-trials.ts'
import { inPlace, type Trial } from './places.ts'
import { absenceTrials, refusalTrials } from './refusal-trials.ts'

const { capabilities } = createLocalStorageStore({ prefix: 'unused' })

export const trials: readonly Trial[] = [
  ...absenceTrials,
  ...blobStoreConformance
    .filter((each) => missingCapabilities(each, capabilities).length === 0)
    .map(({ name, run }) => ({
      name,
      run: () => inPlace((place) => run(async () => ({ open: async () => place.open() }))),
    })),
  ...SETTINGS.map((setting) => ({
    name: `a vault's life with ${setting.name}`,
    run: () => inPlace((place) => runScenario(setting, place.open())),
  })),
  ...contentTrials,
  ...orderTrials,
  ...refusalTrials,
]
