import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createMemoryStore } from '@vaultdb/core'
import type { MakeStore } from '@vaultdb/core/testing'
import { createFileStore } from '@vaultdb/fs'
import { storeTrials, type Trial } from '../../../core/test/support/trials.ts'

export const memory: MakeStore = async () => ({ open: async () => createMemoryStore() })

/** Folders below `parent`. */
export function foldersBelow(parent: string): MakeStore {
  return async () => {
    const folder = mkdtempSync(join(parent, 'vault-'))
    return {
      open: async () => createFileStore(join(folder, 'vault')),
      dispose: async () => rmSync(folder, { recursive: true }),
    }
  }
}

/** Conformance of a store, and vaults' lives in it. */
export async function trialsIn(place: MakeStore): Promise<Trial[]> {
  const { open, dispose } = await place()
  const { capabilities } = await open()
  await dispose?.()
  return storeTrials(capabilities, place)
}
