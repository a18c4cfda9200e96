import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { createMemoryWitness, VaultDB } from '@vaultdb/core'
import { check } from '@vaultdb/core/maintenance'
import { describe, expect, it } from 'vitest'
import { fromHex } from '../../src/bytes.ts'
import { internalsOf } from '../../src/database/internals.ts'
import { filesOf } from '../support/vault.ts'
import { openAndRead, storeOf, valuesOf } from './opening.ts'
import { type KeptOpenings, makeOpenings, readOpenings } from './opening-maker.ts'

const file = fileURLToPath(new URL('../../vectors/openings.json', import.meta.url))
const made = await makeOpenings()
if (process.env.UPDATE_VECTORS !== undefined) await writeFile(file, `${JSON.stringify(made, null, 1)}\n`)
const read = JSON.parse(await readFile(file, 'utf8')) as KeptOpenings
const kept = readOpenings(read)

describe('what a database says to what it finds', () => {
  it.each(kept)('$name: $withoutMemory without a memory, $withMemory with one', async (vector) => {
    const { before, now, credentials, documents } = vector
    const found = await openAndRead(await storeOf(now), credentials)
    expect(found).toEqual({ outcome: vector.withoutMemory, documents: documents === null ? null : valuesOf(documents) })
    const witness = createMemoryWitness()
    await openAndRead(await storeOf(before), credentials, witness)
    expect((await openAndRead(await storeOf(now), credentials, witness)).outcome).toBe(vector.withMemory)
  })

  it('is what is written down, byte for byte', () => {
    expect(made).toEqual(read)
    expect(new Set(kept.map(({ name }) => name)).size).toBe(kept.length)
  })
})

describe('what it leaves behind', () => {
  it.each(kept.filter(({ name }) => /^creation: after/.test(name)))(
    '$name: whoever opens it finishes it',
    async (vector) => {
      const store = await storeOf(vector.now)
      await openAndRead(store, vector.credentials)
      const files = await filesOf(store)
      expect([...files.keys()]).toEqual(['shards/0', 'vault'])
      const db = await VaultDB.open(store, { key: fromHex((vector.credentials as { key: string }).key) })
      expect(internalsOf(db).engine.root.config).toMatchObject({ pending: false, seq: 2 })
      expect((await check(db)).problems).toEqual([])
      expect(await filesOf(store)).toEqual(files)
      await db.put('/first', 1)
      await db.close()
    },
  )

  it.each(kept.filter(({ withoutMemory }) => withoutMemory !== 'opened'))(
    '$name: untouched',
    async ({ now, credentials }) => {
      const store = await storeOf(now)
      const files = await filesOf(store)
      await openAndRead(store, credentials)
      expect(await filesOf(store)).toEqual(files)
    },
  )

  it.each(kept.filter(({ withMemory }) => withMemory !== 'opened'))(
    '$name: untouched by one who remembers',
    async (vector) => {
      const witness = createMemoryWitness()
      await openAndRead(await storeOf(vector.before), vector.credentials, witness)
      const store = await storeOf(vector.now)
      const files = await filesOf(store)
      await openAndRead(store, vector.credentials, witness)
      expect(await filesOf(store)).toEqual(files)
    },
  )
})
