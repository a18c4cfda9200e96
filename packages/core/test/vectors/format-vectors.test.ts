import { createMemoryWitness } from '@vaultdb/core'
import { describe, expect, it } from 'vitest'
import bad from '../../vectors/bad.json' with { type: 'json' }
import good from '../../vectors/good.json' with { type: 'json' }
import states from '../../vectors/states.json' with { type: 'json' }
import type { VaultFiles, VectorCredentials } from '../format/vector-reader.ts'
import { openAndRead, storeOf, valuesOf } from './opening.ts'

/** The format's vectors, read by the database and not by its codecs alone. */

describe('good vaults', () => {
  it.each(good)('$name: open with each of their credentials', async ({ files, credentials, documents }) => {
    for (const each of credentials as VectorCredentials[]) {
      const opened = await openAndRead(await storeOf(files as unknown as VaultFiles), each)
      expect(opened).toEqual({ outcome: 'opened', documents: valuesOf(documents as unknown as Record<string, string>) })
    }
  })
})

describe('bad vaults', () => {
  it.each(bad.faults)('$name: $code', async ({ file, data, code, credentials = bad.credentials }) => {
    const { [file]: _, ...others } = bad.files as unknown as Record<string, string>
    const files = data === null ? others : { ...others, [file]: data }
    // Without its root file a place holds no vault.
    const expected = file === 'vault' && data === null ? 'ERR_MISSING' : code
    const { outcome } = await openAndRead(await storeOf(files), credentials as VectorCredentials)
    expect(outcome).toBe(expected)
  })
})

describe('states', () => {
  it.each(states)('$name: $withoutMemory without a memory, $withMemory with one', async (vector) => {
    const [before, now] = [vector.before, vector.now] as unknown as [VaultFiles, VaultFiles]
    expect((await openAndRead(await storeOf(now), vector.credentials)).outcome).toBe(vector.withoutMemory)
    const witness = createMemoryWitness()
    expect((await openAndRead(await storeOf(before), vector.credentials, witness)).outcome).toBe('opened')
    expect((await openAndRead(await storeOf(now), vector.credentials, witness)).outcome).toBe(vector.withMemory)
  })
})
