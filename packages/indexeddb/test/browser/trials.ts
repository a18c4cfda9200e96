// What the store has to stand in every engine, in pages and in workers. Free of any test runner.

import { blobStoreConformance, missingCapabilities } from '@vaultdb/core/testing'
import { createIndexedDBStore } from '@vaultdb/indexeddb'
import { runScenario, SETTINGS } from '../../../core/test/scenario.ts'
import { connectionTrials } from './connection-trials.ts'
import { contentTrials } from './content-trials.ts'
import { inPlace, type Trial } from './places.ts'
import { refusalTrials } from './refusal-trials.ts'

const { capabilities } = createIndexedDBStore({ name: 'unused' })

export const trials: readonly Trial[] = [
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
  ...connectionTrials,
  ...refusalTrials,
]
