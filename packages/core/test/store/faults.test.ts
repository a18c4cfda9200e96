import { beforeEach, describe, expect, test, vi } from 'vitest'
import { VaultError } from '../../src/errors.ts'
import type { BlobStore, Version } from '../../src/store/contract.ts'
import { createMemoryStore } from '../../src/store/memory-store.ts'
import { faultOnce, withFaults } from '../../src/testing/index.ts'

const OLD = Uint8Array.of(1)
const NEW = Uint8Array.of(2)

let memory: BlobStore
let version: Version
beforeEach(async () => {
  memory = createMemoryStore()
  version = await memory.write('vault', OLD, null)
})

async function content(): Promise<Uint8Array | undefined> {
  const blob = await memory.read('vault')
  return blob === null || blob === 'unchanged' ? undefined : blob.data
}

interface Gate {
  readonly passed: Promise<void>
  open(): void
}

function gate(): Gate {
  let open: () => void = () => undefined
  const passed = new Promise<void>((resolve) => {
    open = resolve
  })
  return { passed, open: () => open() }
}

describe('withFaults', () => {
  test('records what was sent and what became of it', async () => {
    const store = withFaults(memory)
    await store.read('vault', { unlessVersion: version })
    const next = await store.write('vault', NEW, version)
    await expect(store.write('vault', OLD, version)).rejects.toMatchObject({ code: 'ERR_CONFLICT' })
    for await (const { key } of store.list('v')) expect(key).toBe('vault')
    await store.delete('vault', next)
    expect(store.requests).toEqual([
      {
        request: { index: 0, kind: 'read', key: 'vault', unlessVersion: version },
        fault: 'pass',
        done: 'yes',
        answer: 'ok',
      },
      {
        request: { index: 1, kind: 'write', key: 'vault', data: NEW, expected: version },
        fault: 'pass',
        done: 'yes',
        answer: 'ok',
      },
      {
        request: { index: 2, kind: 'write', key: 'vault', data: OLD, expected: version },
        fault: 'pass',
        done: 'no',
        answer: 'ERR_CONFLICT',
      },
      { request: { index: 3, kind: 'list', key: 'v' }, fault: 'pass', done: 'yes', answer: 'ok' },
      { request: { index: 4, kind: 'delete', key: 'vault', expected: next }, fault: 'pass', done: 'yes', answer: 'ok' },
    ])
  })

  test('drop: not done, and no answer', async () => {
    const store = withFaults(memory, () => 'drop')
    await expect(store.write('vault', NEW, version)).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE' })
    expect(await content()).toEqual(OLD)
    expect(store.requests).toMatchObject([{ done: 'no', answer: 'ERR_UNAVAILABLE' }])
  })

  test('lose-answer: done, and no answer', async () => {
    const store = withFaults(memory, () => 'lose-answer')
    await expect(store.write('vault', NEW, version)).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE' })
    expect(await content()).toEqual(NEW)
    expect(store.requests).toMatchObject([{ done: 'yes', answer: 'ERR_UNAVAILABLE' }])
  })

  test('lose-answer: loses a refusal as well', async () => {
    const store = withFaults(memory, () => 'lose-answer')
    await expect(store.write('vault', NEW, null)).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE' })
    expect(store.requests).toMatchObject([{ done: 'no', answer: 'ERR_UNAVAILABLE' }])
  })

  test('delayUntil: done and answered later', async () => {
    const { passed, open } = gate()
    const store = withFaults(memory, () => ({ delayUntil: passed }))
    const writing = store.write('vault', NEW, version)
    expect(await content()).toEqual(OLD)
    expect(store.requests).toMatchObject([{ done: 'pending', answer: undefined }])
    open()
    await writing
    expect(await content()).toEqual(NEW)
  })

  test('answerAfter: done at once, answered later', async () => {
    const { passed, open } = gate()
    const store = withFaults(memory, () => ({ answerAfter: passed }))
    let answered = false
    const writing = store.write('vault', NEW, version).then(() => {
      answered = true
    })
    expect(await content()).toEqual(NEW)
    expect(answered).toBe(false)
    open()
    await writing
  })

  test('landAfter: no answer at once, done later with the bytes that were sent', async () => {
    const { passed, open } = gate()
    const store = withFaults(memory, () => ({ landAfter: passed }))
    const data = Uint8Array.from(NEW)
    await expect(store.write('vault', data, version)).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE' })
    data.fill(9)
    expect(await content()).toEqual(OLD)
    expect(store.requests).toMatchObject([{ done: 'pending' }])
    open()
    await store.landed()
    expect(await content()).toEqual(NEW)
    expect(store.requests).toMatchObject([{ done: 'yes', answer: 'ERR_UNAVAILABLE' }])
  })

  test('landAfter: is refused if the file has changed meanwhile', async () => {
    const { passed, open } = gate()
    const store = withFaults(memory, () => ({ landAfter: passed }))
    await expect(store.write('vault', NEW, version)).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE' })
    await memory.write('vault', Uint8Array.of(3), version)
    open()
    await store.landed()
    expect(await content()).toEqual(Uint8Array.of(3))
    expect(store.requests).toMatchObject([{ done: 'no' }])
  })

  test('answer: a read sees what the script says, in a copy of its own', async () => {
    const torn = { data: Uint8Array.of(5, 6), version }
    const store = withFaults(memory, () => ({ answer: torn }))
    const blob = await store.read('vault')
    expect(blob).toEqual(torn)
    if (blob !== null && blob !== 'unchanged') blob.data.fill(0)
    expect(await store.read('vault')).toEqual({ data: Uint8Array.of(5, 6), version })
    await expect(store.write('vault', NEW, version)).rejects.toThrow(TypeError)
  })

  test('an error: not done, and rejected with it', async () => {
    const quota = new VaultError('ERR_QUOTA', 'Full.')
    const store = withFaults(memory, () => quota)
    await expect(store.write('vault', NEW, version)).rejects.toBe(quota)
    expect(await content()).toEqual(OLD)
    expect(store.requests).toMatchObject([{ done: 'no', answer: 'ERR_QUOTA' }])
  })

  test('faultOnce strikes at the request it counts to', async () => {
    const store = withFaults(
      memory,
      faultOnce(({ kind }) => kind === 'write', 'drop', 2),
    )
    const second = await store.write('vault', NEW, version)
    await store.read('vault')
    await expect(store.write('vault', OLD, second)).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE' })
    await store.write('vault', OLD, second)
    expect(store.requests.map(({ fault }) => fault)).toEqual(['pass', 'pass', 'drop', 'pass'])
  })

  test('a request with an aborted signal is not sent, and meets no fault', async () => {
    const store = withFaults(memory, () => 'lose-answer')
    const writing = store.write('vault', NEW, version, { signal: AbortSignal.abort() })
    await expect(writing).rejects.toMatchObject({ code: 'ERR_ABORTED' })
    expect(await content()).toEqual(OLD)
    expect(store.requests).toEqual([])
  })

  test('a request that met a fault lets go of its signal in the end', async () => {
    const { signal } = new AbortController()
    const added = vi.spyOn(signal, 'addEventListener')
    const removed = vi.spyOn(signal, 'removeEventListener')
    await expect(withFaults(memory, () => 'drop').read('vault', { signal })).rejects.toThrow('Injected')
    expect(added).toHaveBeenCalledOnce()
    expect(removed.mock.calls.map(([type, listener]) => [type, listener])).toEqual(
      added.mock.calls.map(([type, listener]) => [type, listener]),
    )
  })

  test('a delayed write that is given up lands all the same', async () => {
    const { passed, open } = gate()
    const controller = new AbortController()
    const store = withFaults(memory, () => ({ delayUntil: passed }))
    const writing = store.write('vault', NEW, version, { signal: controller.signal })
    controller.abort()
    await expect(writing).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE' })
    open()
    await store.landed()
    expect(await content()).toEqual(NEW)
  })
})
