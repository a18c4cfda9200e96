import { errorCode } from '@vaultdb/core'
import { createIndexedDBStore } from '@vaultdb/indexeddb'
import { expect, test } from 'vitest'

const create = (options: unknown): unknown => Reflect.apply(createIndexedDBStore, undefined, [options])

test.each([
  undefined,
  null,
  'vault',
  {},
  { name: '' },
  { name: 7 },
  { name: 'a', nmae: 'b' },
  { name: 'a', persist: 'yes' },
  { name: 'a', openTimeoutMs: '10' },
  { name: 'a', openTimeoutMs: 1.5 },
])('options that cannot be are a TypeError: %j', (options) => {
  expect(() => create(options)).toThrow(TypeError)
})

test.each([0, -1, 3_600_001])('a time limit of %d is a RangeError', (openTimeoutMs) => {
  expect(() => create({ name: 'a', openTimeoutMs })).toThrow(RangeError)
})

test('where there is no IndexedDB, as in Node, every request says so', async () => {
  const store = createIndexedDBStore({ name: 'vault', persist: false, openTimeoutMs: 1 })
  expect(await store.read('vault').catch(errorCode)).toBe('ERR_UNSUPPORTED')
  expect(await store.write('vault', new Uint8Array(1), null).catch(errorCode)).toBe('ERR_UNSUPPORTED')
  expect(store.capabilities.persistent).toBe('unknown')
  await store.close?.()
  expect(await store.read('vault').catch(errorCode)).toBe('ERR_CLOSED')
})

test('a write in Node with the default options fails as typed, too', async () => {
  const store = createIndexedDBStore({ name: 'vault' })
  expect(await store.write('vault', new Uint8Array(1), null).catch(errorCode)).toBe('ERR_UNSUPPORTED')
})
