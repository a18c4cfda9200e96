import { errorCode } from '@vaultdb/core'
import { createLocalStorageStore } from '@vaultdb/localstorage'
import { expect, test } from 'vitest'

const create = (options: unknown): unknown => Reflect.apply(createLocalStorageStore, undefined, [options])

test.each([
  undefined,
  null,
  'vault',
  {},
  { prefix: '' },
  { prefix: 7 },
  { prefix: 'a:b' },
  { prefix: 'ä' },
  { prefix: 'a#' },
  { prefix: 'a\n' },
  { prefix: 'a'.repeat(101) },
  { prefix: 'a', preffix: 'b' },
])('options that cannot be are a TypeError: %j', (options) => {
  expect(() => create(options)).toThrow(TypeError)
})

test.each(['vault', 'a', 'my-app/vault_1.x', 'a'.repeat(100)])('prefix %s will do', (prefix) => {
  expect(createLocalStorageStore({ prefix }).name).toBe('localstorage')
})

test('where there is no localStorage, as in this Node, every request says so', async () => {
  const store = createLocalStorageStore({ prefix: 'vault' })
  expect(await store.read('vault').catch(errorCode)).toBe('ERR_UNSUPPORTED')
  expect(await store.write('vault', new Uint8Array(1), null).catch(errorCode)).toBe('ERR_UNSUPPORTED')
  await store.close?.()
  expect(await store.read('vault').catch(errorCode)).toBe('ERR_CLOSED')
})
