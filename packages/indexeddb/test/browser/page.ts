import { errorCode, VaultDB } from '@vaultdb/core'
import { check } from '@vaultdb/core/maintenance'
import { createIndexedDBStore } from '@vaultdb/indexeddb'

const KEY = new Uint8Array(32).fill(7)
const store = createIndexedDBStore({ name: 'vault' })
const heard: string[] = []
let db: VaultDB | undefined
let version: string | null = null

/** What the test that drives this page can ask it to do; one store, and one vault in it. */
const page = {
  heard: heard as readonly string[],
  watch: (): void => {
    store.watch?.((key) => heard.push(key))
  },

  /** Writes one file again; the code of the error, if there is one. */
  async write(bytes: number): Promise<string | undefined> {
    try {
      version = await store.write('vault', new Uint8Array(bytes), version)
      return undefined
    } catch (error) {
      return errorCode(error) ?? String(error)
    }
  },

  /** How long the file is; whether it is the version last acknowledged here. */
  async read(): Promise<{ readonly bytes: number; readonly current: boolean } | null> {
    const blob = await store.read('vault')
    if (blob === null || blob === 'unchanged') return null
    return { bytes: blob.data.length, current: blob.version === version }
  },

  async create(): Promise<void> {
    db = await VaultDB.create(store, { key: KEY, shardBytes: 16_384 })
  },

  /** Puts documents until that fails; how many were acknowledged, and the code of the error. */
  async putUntilFull(limit: number): Promise<{ readonly acknowledged: number; readonly code: string | undefined }> {
    for (let index = 0; index < limit; index += 1) {
      try {
        await db?.put(`/documents/${index}`, 'x'.repeat(4000))
      } catch (error) {
        return { acknowledged: index, code: errorCode(error) ?? String(error) }
      }
    }
    return { acknowledged: limit, code: undefined }
  },

  /** Opens the vault anew, puts one more document; how many there are, and what `check` cannot take for left-overs. */
  async lookAgain(): Promise<{ readonly documents: number; readonly problems: readonly string[] }> {
    const again = await VaultDB.open(store, { key: KEY })
    await again.put('/documents/last', 'more')
    const { documents, problems } = await check(again, { repair: true })
    const harmless = ['orphan-shard', 'stale-map']
    return { documents, problems: problems.map(({ kind }) => kind).filter((kind) => !harmless.includes(kind)) }
  },
}

Object.assign(globalThis, { page })

export type Page = typeof page
