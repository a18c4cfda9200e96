import { VaultError, type VaultErrorDetails } from '@vaultdb/core'
import { expect, test } from 'vitest'
import { reportError } from '../src/error-report.ts'
import { createFakeTerminal } from './fake-terminal.ts'

async function report(details: VaultErrorDetails, isJson: boolean): Promise<string> {
  const terminal = createFakeTerminal()
  const error = new VaultError('ERR_UNAVAILABLE', 'The store is busy.', details)
  expect(await reportError(error, undefined, isJson, terminal)).toBe(6)
  return terminal.err()
}

test.each([
  [undefined, ''],
  [0, ''],
  [1, ' Wait 1 second before you try again.'],
  [90_000, ' Wait 90 seconds before you try again.'],
  [300_001, ' Wait 6 minutes before you try again.'],
])('how long to wait where the store asks for %j ms', async (retryAfterMs, wait) => {
  expect(await report({ retryAfterMs, applied: 'no' }, false)).toBe(
    `vaultdb: The store is busy.${wait} Nothing was changed.\n`,
  )
})

test('the same for programs', async () => {
  const json = await report({ retryAfterMs: 1000.2, applied: 'unknown' }, true)
  expect(JSON.parse(json)).toEqual({
    error: {
      exitCode: 6,
      code: 'ERR_UNAVAILABLE',
      message: 'The store is busy.',
      applied: 'unknown',
      retryAfterMs: 1001,
    },
  })
})
