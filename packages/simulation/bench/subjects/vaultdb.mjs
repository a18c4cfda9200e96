import { VaultDB } from '@vaultdb/core'
import { createFileStore } from '@vaultdb/fs'

/** VaultDB in a folder, durable, with a raw key: no key derivation is measured. */
export function createSubject({ directory, key }) {
  let db
  return {
    async importAll(entries) {
      const created = await VaultDB.create(createFileStore(directory), { key })
      await created.write(entries.map(([path, value]) => ({ put: path, value })))
      await created.close()
    },
    async open() {
      db = await VaultDB.open(createFileStore(directory), { key })
    },
    get: (document) => db.get(document),
    /** Runs `work` with a `get` that need not ask the store again for what it has read. */
    async inTask(work) {
      await db.task(async (task) => {
        await task.preload()
        await work((document) => task.get(document))
      })
    },
    update: (document, change) => db.update(document, change),
    create: (document, value) => db.put(document, value),
    find: () => db.find('/').toArray(),
    async exportAll(take) {
      for await (const [document, value] of db.entries('/')) take(document, value)
    },
    close: () => db.close(),
  }
}
