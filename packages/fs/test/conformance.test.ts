import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { blobStoreConformance, missingCapabilities, type StoreLocation } from '@vaultdb/core/testing'
import { createFileStore, type FileStoreOptions } from '@vaultdb/fs'
import { describe, expect, test } from 'vitest'

async function location(options: FileStoreOptions): Promise<StoreLocation> {
  const folder = fs.mkdtempSync(join(tmpdir(), 'vaultdb-fs-'))
  return {
    open: async () => createFileStore(join(folder, 'vault'), options),
    dispose: async () => fs.rmSync(folder, { recursive: true }),
  }
}

const { capabilities } = createFileStore('unused')
const applicable = blobStoreConformance.filter(
  (conformanceCase) => missingCapabilities(conformanceCase, capabilities).length === 0,
)

for (const options of [{ durable: true }, { durable: false, keep: 2 }] as const) {
  describe(`conformance with ${JSON.stringify(options)}`, () => {
    for (const conformanceCase of applicable) {
      test(conformanceCase.name, async () => {
        await conformanceCase.run(() => location(options))
      })
    }
  })
}

test('the store has every capability that a case of the suite asks for, except a limit of size', () => {
  const missing = blobStoreConformance.flatMap((conformanceCase) => missingCapabilities(conformanceCase, capabilities))
  expect(new Set(missing)).toEqual(new Set(['maxBlobBytes']))
})
