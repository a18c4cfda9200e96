import { errorCode } from '@vaultdb/core'
import { expect, test } from 'vitest'
import { parseRootHeader } from '../../src/format/header.ts'
import { MAX_FILE_BYTES } from '../../src/format/limits.ts'
import { storeWith } from '../database/scenarios.ts'
import { filesOf } from '../support/vault.ts'

// Keys are derived from passwords between the parsing of the header and that of the file.
test('a root file that is too long is refused with its header, before a key is derived', async () => {
  const file = (await filesOf(await storeWith({ '/a': 1 }))).get('vault') as Uint8Array
  const codeAt = (length: number): unknown => {
    const data = new Uint8Array(length)
    data.set(file)
    try {
      return parseRootHeader(data).header.slots.length
    } catch (error) {
      return errorCode(error)
    }
  }
  expect(codeAt(MAX_FILE_BYTES)).toBe(1)
  expect(codeAt(MAX_FILE_BYTES + 1)).toBe('ERR_CORRUPT')
})
