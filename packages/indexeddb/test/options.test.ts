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
  { name: 'a', timeoutMs: '10' },
  { name: 'a', timeoutMs: 1.5 },
])('options that cannot be are a TypeError: %j', (options) => {
  expect(() => create(options)).toThrow(TypeError)
})

test.each([0, -1, 3_600_001])('a time limit of %d is a RangeError', (timeoutMs) => {
  expect(() => create({ name: 'a', timeoutMs })).toThrow(RangeError)
})

test('where there is no IndexedDB, as in Node, every request says so', async () => {
  const store = createIndexedDBStore({ name: 'vault', persist: false, timeoutMs: 1 })
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
