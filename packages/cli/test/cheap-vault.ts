import { VaultDB } from '@vaultdb/core'
import { createFileStore } from '@vaultdb/fs'
import { createCommandRuntime } from '../src/runtime.ts'

/** The cheapest key derivation that a vault allows: tests open vaults hundreds of times. */
const KDF = { name: 'argon2id', memoryKiB: 7168, passes: 5, parallelism: 1 } as const

/** Creates an empty vault in a folder. */
export async function createCheapVault(folder: string, password: string): Promise<void> {
  const db = await VaultDB.create(createFileStore(folder), { password, runtime: createCommandRuntime(), kdf: KDF })
  await db.close()
}
