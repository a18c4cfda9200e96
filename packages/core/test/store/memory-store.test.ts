import { describe, expect, test } from 'vitest'
import { createMemoryStore } from '../../src/store/memory-store.ts'
import { blobStoreConformance, missingCapabilities } from '../../src/testing/index.ts'

describe('the memory store keeps the contract', () => {
  const { capabilities } = createMemoryStore()
  for (const conformanceCase of blobStoreConformance) {
    if (missingCapabilities(conformanceCase, capabilities).length > 0) continue
    test(conformanceCase.name, async () => {
      const store = createMemoryStore()
      await conformanceCase.run(async () => ({ open: async () => store }))
    })
  }
})

describe('the memory store', () => {
  test('misses only the capabilities that a process cannot give', () => {
    const { capabilities } = createMemoryStore()
    const missed = blobStoreConformance.flatMap((conformanceCase) => missingCapabilities(conformanceCase, capabilities))
    expect(new Set(missed)).toEqual(new Set(['crossProcess', 'maxBlobBytes']))
  })

  test('stores what it was given, also when the caller changes it before the answer', async () => {
    const store = createMemoryStore()
    const data = Uint8Array.of(1, 2, 3)
    const writing = store.write('vault', data, null)
    data.fill(9)
    await writing
    expect(await store.read('vault')).toMatchObject({ data: Uint8Array.of(1, 2, 3) })
  })

  test('copies a Buffer, whose `slice` would share its memory', async () => {
    const store = createMemoryStore()
    const data = Buffer.from('abc')
    await store.write('vault', data, null)
    data.fill(0)
    expect(await store.read('vault')).toMatchObject({ data: Uint8Array.of(97, 98, 99) })
  })

  test('refuses content that is no Uint8Array', async () => {
    const text: unknown = 'abc'
    await expect(createMemoryStore().write('vault', text as Uint8Array, null)).rejects.toThrow(TypeError)
  })

  test('tells each watcher of every write and deletion', async () => {
    const store = createMemoryStore()
    const first: string[] = []
    const second: string[] = []
    store.watch?.((key) => first.push(key))
    store.watch?.((key) => second.push(key))
    const version = await store.write('vault', Uint8Array.of(1), null)
    await store.write('shards/0', Uint8Array.of(1), null)
    await store.delete('vault', version)
    await Promise.resolve()
    expect(first).toEqual(['vault', 'shards/0', 'vault'])
    expect(second).toEqual(first)
  })

  test('tells a watcher nothing after its end, be it by another watcher on hearing of the same write', async () => {
    const store = createMemoryStore()
    const heard: string[] = []
    store.watch?.(() => {
      heard.push('first')
      endSecond?.()
    })
    const endSecond = store.watch?.(() => heard.push('second'))
    await store.write('vault', Uint8Array.of(1), null)
    await Promise.resolve()
    expect(heard).toEqual(['first'])
  })

  test('tells watchers nothing once closed', async () => {
    const store = createMemoryStore()
    const heard: string[] = []
    store.watch?.((key) => heard.push(key))
    const writing = store.write('vault', Uint8Array.of(1), null)
    await store.close?.()
    await writing
    await Promise.resolve()
    expect(heard).toEqual([])
  })

  test('cannot be watched once closed', async () => {
    const store = createMemoryStore()
    await store.close?.()
    expect(() => store.watch?.(() => undefined)).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }))
  })

  test('finishes what was sent before it was closed', async () => {
    const store = createMemoryStore()
    const writing = store.write('vault', Uint8Array.of(1), null)
    await store.close?.()
    await expect(writing).resolves.toEqual(expect.any(String))
  })
})
