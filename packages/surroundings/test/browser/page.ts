// What the odd pages offer to the tests that drive them: the built packages, and a vault's life.

import { errorCode, type OpenOptions, VaultDB } from '@vaultdb/core'
import { createIndexedDBStore } from '@vaultdb/indexeddb'
import { createLocalStorageStore } from '@vaultdb/localstorage'
import { runScenario, SETTINGS } from '../../../core/test/scenario.ts'

/** How some work ended: an error's code and message, neither where it went well. */
export interface Outcome {
  readonly code?: string | undefined
  readonly message?: string
  readonly applied?: unknown
}

const stores = {
  indexeddb: (name: string) => createIndexedDBStore({ name }),
  localstorage: (prefix: string) => createLocalStorageStore({ prefix }),
}

/** Lives of vaults in every setting, each in a store of its own. */
async function live(kind: keyof typeof stores, options: OpenOptions = {}): Promise<void> {
  for (const [index, setting] of SETTINGS.entries()) {
    const store = stores[kind](`life-${index}`)
    await runScenario({ ...setting, options: { ...setting.options, ...options } }, store)
    await store.close?.()
  }
}

async function outcomeOf(work: () => Promise<unknown>): Promise<Outcome> {
  try {
    await work()
    return {}
  } catch (error) {
    const { message, applied } = error as { readonly message: string; readonly applied?: unknown }
    return { code: errorCode(error), message, applied }
  }
}

/** A raw key: opens without a key derivation. */
const key: Uint8Array = new Uint8Array(32).fill(7)

export const page = { VaultDB, stores, key, live, outcomeOf }
Object.assign(globalThis, { vaultdb: page })
