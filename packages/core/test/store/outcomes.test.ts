import { expect, test } from 'vitest'
import { VaultError } from '../../src/errors.ts'
import { beforeSending, isUnsent, unsentError } from '../../src/store/outcomes.ts'

const busy = new VaultError('ERR_UNAVAILABLE', 'No token now.', { retryAfterMs: 7 })

test('what a change needs and cannot have for the time being: nothing was sent', async () => {
  const error = await beforeSending('change', Promise.reject(busy)).catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code: 'ERR_UNAVAILABLE', message: 'No token now.', applied: 'no', retryAfterMs: 7 })
  expect(isUnsent(error)).toBe(true)
})

test.each([
  ['read', busy],
  ['change', new VaultError('ERR_UNAUTHORIZED', 'No token ever.')],
  ['change', new TypeError('A defect.')],
] as const)('of a %s that fails with %s the error stays', async (kind, error) => {
  await expect(beforeSending(kind, Promise.reject(error))).rejects.toBe(error)
  expect(isUnsent(error)).toBe(false)
})

test('what can be had is passed on', async () => {
  expect(await beforeSending('change', Promise.resolve('token'))).toBe('token')
})

test('only of a change is said what was applied', () => {
  expect(unsentError('change', 'Later.', { retryAfterMs: 5 })).toMatchObject({ applied: 'no', retryAfterMs: 5 })
  expect(unsentError('read', 'Later.').applied).toBeUndefined()
})

test.each([undefined, null, 'no', { applied: 'unknown' }])('%j does not say that nothing was sent', (error) => {
  expect(isUnsent(error)).toBe(false)
})
