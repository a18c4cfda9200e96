import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createMemoryStore } from '@vaultdb/core'
import { blobStoreConformance, missingCapabilities, type StoreLocation } from '@vaultdb/core/testing'
import { createFileStore } from '@vaultdb/fs'
import { runScenario, SETTINGS } from '../../../core/test/scenario.ts'

/** A store to try: how to make an empty place of it. */
export type Place = () => Promise<StoreLocation>

export interface Trial {
  readonly name: string
  readonly run: () => Promise<void>
}

export const memory: Place = async () => ({ open: async () => createMemoryStore() })

/** Folders below `parent`. */
export function foldersBelow(parent: string): Place {
  return async () => {
    const folder = mkdtempSync(join(parent, 'vault-'))
    return {
      open: async () => createFileStore(join(folder, 'vault')),
      dispose: async () => rmSync(folder, { recursive: true }),
    }
  }
}

/** Conformance of a store, and a vault's life in it. */
export async function trialsIn(place: Place): Promise<Trial[]> {
  const { open, dispose } = await place()
  const { capabilities } = await open()
  await dispose?.()
  return [
    ...SETTINGS.map((setting) => ({
      name: `a vault's life with ${setting.name}`,
      run: async () => {
        const location = await place()
        await runScenario(setting, await location.open())
        await location.dispose?.()
      },
    })),
    ...blobStoreConformance
      .filter((each) => missingCapabilities(each, capabilities).length === 0)
      .map((each) => ({ name: each.name, run: () => each.run(place) })),
  ]
}
